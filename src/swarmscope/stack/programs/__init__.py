"""Prometheus and Grafana as programs: found, or downloaded once."""
