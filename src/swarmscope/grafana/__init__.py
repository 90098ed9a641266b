"""Grafana: annotations of runs, and the dashboards in a Grafana of the user's own."""
