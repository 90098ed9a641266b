"""A Prometheus that is not a child of the run, so that it may be killed and started again."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Self

import yaml

from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.prometheus_server import PrometheusServer
from swarmscope.stack.stack import print_line

_READY_TIMEOUT_SECONDS = 30.0
_KILL_TIMEOUT_SECONDS = 10.0


class OwnPrometheus:
    """``with OwnPrometheus(folder, rules) as prometheus``: scrapes itself, and the exporter that `scrape` names."""

    def __init__(self, folder: Path, rules: Path) -> None:
        self._port = PortPicker(print_line).pick("Prometheus")
        self._server = PrometheusServer(find_prometheus().prometheus, folder, rules)
        self._server.write_config({"prometheus": [f"127.0.0.1:{self._port}"]})
        self._process = self._server.process(self._port, folder / "prometheus.log")
        self._exporter = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def scrape(self, exporter: str | None) -> None:
        """Make that exporter, ``host:port``, the target of job loadtest; None changes nothing."""
        if exporter and exporter != self._exporter:
            self._exporter = exporter
            path = self._server.config_file.parent / "targets" / "loadtest.yml"
            path.write_text(yaml.safe_dump([{"targets": [exporter]}]), encoding="utf-8")

    def start(self) -> None:
        """Start it, and wait until it answers. Raise ProcessFailedError."""
        self._process.start()
        self._process.wait_ready(http_ok(self._port, "/-/ready"), _READY_TIMEOUT_SECONDS)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._process.signal(signal.SIGKILL)
        self._process.wait(_KILL_TIMEOUT_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stop()
