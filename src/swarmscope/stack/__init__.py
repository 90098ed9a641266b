"""The embedded stack: PostgreSQL, Redis, API and Prometheus as children of one process, without Docker."""
