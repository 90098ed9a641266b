"""Prometheus: its client, rule files, and thresholds."""
