"""A Prometheus of the test's own, which a run is pointed at: it may be killed, and started again."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Self

import yaml

from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.prometheus.rule_sets import lay_out
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.prometheus_server import PrometheusServer
from tests.runs.command import RULES


class OwnPrometheus:
    """``with OwnPrometheus(folder, thresholds) as prometheus``: scrapes itself, and what `scrape` names."""

    def __init__(self, folder: Path, thresholds: Path, rules: Path = RULES) -> None:
        rules = lay_out(rules, thresholds, folder / "rules")
        self._port = PortPicker(print).pick("Prometheus")
        self._server = PrometheusServer(find_prometheus().prometheus, folder / "prometheus", rules)
        self._server.write_config({"prometheus": [f"127.0.0.1:{self._port}"]})
        self._process = self._server.process(self._port, folder / "prometheus.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def scrape(self, exporter: str, job: str = "loadtest") -> None:
        """Make that exporter, ``host:port``, the target of a job."""
        path = self._server.config_file.parent / "targets" / f"{job}.yml"
        path.write_text(yaml.safe_dump([{"targets": [exporter]}]))

    def start(self) -> None:
        self._process.start()
        self._process.wait_ready(http_ok(self._port, "/-/ready"), 30)

    def kill(self) -> None:
        self._process.signal(signal.SIGKILL)
        self._process.wait(10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
