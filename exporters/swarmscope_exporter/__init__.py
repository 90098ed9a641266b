"""How a run is observed: recorder, merge, Prometheus exporter; in every Locust process."""
