"""Names and figures that are written down in configuration as well are the same there."""

from __future__ import annotations

import yaml

from swarmscope.project.places import GRAFANA_DIR, PROMETHEUS_DIR
from swarmscope.prometheus.names import INTERVAL_SECONDS


def test_prometheus_grafana_and_the_readers_of_a_run_have_one_scrape_interval() -> None:
    settings = yaml.safe_load((PROMETHEUS_DIR / "prometheus.yml").read_text())["global"]
    path = GRAFANA_DIR / "provisioning" / "datasources" / "prometheus.yml"
    [source] = yaml.safe_load(path.read_text())["datasources"]
    written = {settings["scrape_interval"], settings["evaluation_interval"], source["jsonData"]["timeInterval"]}
    assert written == {f"{INTERVAL_SECONDS:g}s"}
