"""report.html and the live page: the dashboards of grafana/, drawn without Grafana.

dashboards (JSON to panels) -> asking (PromQL to answers) -> drawing (answers to figures and tables) -> page (HTML)
"""
