"""A run on Kubernetes: Locust by its official operator, exporter, rules and dashboards for kube-prometheus-stack."""
