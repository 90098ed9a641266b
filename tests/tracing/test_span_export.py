"""A collector that takes no spans: bounded in time and queue, and said once."""

from __future__ import annotations

import logging
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from swarmscope.locust_plugin.driven import OWN_SCENARIO_VARIABLE
from swarmscope.processes.ports import PortPicker
from swarmscope.run.locust_processes import with_plugin
from swarmscope_exporter.tracing.sender import PAUSE_AFTER_FAILURE_SECONDS, PatientExporter
from tests.tracing.collector import Collector

LOCUSTFILE = Path(__file__).parents[1] / "exporters" / "live" / "locustfile.py"
RUN_SECONDS = 6


class Failing(SpanExporter):
    """Takes nothing until it is told to."""

    def __init__(self) -> None:
        self.tries = 0
        self.result = SpanExportResult.FAILURE

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        self.tries += 1
        return self.result


def test_after_a_failure_nothing_is_tried_for_a_while_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    collector = Failing()
    exporter = PatientExporter(collector, "http://collector", lambda: "refused", lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            exporter.export([])
        assert collector.tries == 1
        now[0] += PAUSE_AFTER_FAILURE_SECONDS
        exporter.export([])
        assert collector.tries == 2
    assert caplog.messages == [
        "http://collector takes no spans (refused): the run goes on, and its traces are dropped while that lasts"
    ]
    now[0] += PAUSE_AFTER_FAILURE_SECONDS
    collector.result = SpanExportResult.SUCCESS
    assert [exporter.export([]) for _ in range(2)] == [SpanExportResult.SUCCESS] * 2


class Shop(ThreadingHTTPServer):
    """Counts the requests that it answers, and those that carry a traceparent."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), ShopHandler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class ShopHandler(BaseHTTPRequestHandler):
    server: Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        with self.server.lock:
            self.server.answered["all"] += 1
            self.server.answered["traced"] += "traceparent" in self.headers
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def start(shop: Shop, endpoint: str, folder: Path) -> subprocess.Popen[bytes]:
    """Return a short run in which each request is traced."""
    picker = PortPicker(print)
    command = [sys.executable, "-m", "locust", "-f", with_plugin(str(LOCUSTFILE)), "--headless"]
    command += ["--users", "5", "--spawn-rate", "5"]
    command += ["--run-time", f"{RUN_SECONDS}s", "--prepare-seconds", "0", "--stop-timeout", "2", "--only-summary"]
    command += ["--host", f"http://127.0.0.1:{shop.server_port}", "--exporter-port", str(picker.pick("exporter"))]
    command += ["--otel-endpoint", endpoint, "--csv", str(folder / "run"), "--exit-code-on-error", "0"]
    environment = {"PATH": "/usr/bin:/bin", "OTEL_TRACES_SAMPLER_ARG": "1", "PYTHONPATH": str(LOCUSTFILE.parents[3])}
    environment[OWN_SCENARIO_VARIABLE] = "{}"
    with (folder / "log").open("w") as log:
        return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    yield server
    server.shutdown()


@pytest.mark.real
def test_a_collector_that_is_down_hangs_or_refuses_costs_a_run_nothing_but_one_warning(
    shop: Shop, tmp_path: Path
) -> None:
    collectors = {"refuses": Collector("refuses"), "hangs": Collector("hangs"), "takes": Collector("takes")}
    dead_port = PortPicker(print).pick("nobody")
    endpoints = {mood: collector.endpoint for mood, collector in collectors.items()}
    endpoints["down"] = f"http://127.0.0.1:{dead_port}"
    for mood in endpoints:
        (tmp_path / mood).mkdir()
    # All at once: each is idle most of the time.
    runs = {mood: start(shop, endpoint, tmp_path / mood) for mood, endpoint in endpoints.items()}
    codes = {mood: run.wait(90) for mood, run in runs.items()}
    logs = {mood: (tmp_path / mood / "log").read_text() for mood in runs}
    for collector in collectors.values():
        collector.stop()
    assert codes == dict.fromkeys(runs, 0), logs
    for mood, log in logs.items():
        said = re.findall(r"/WARNING/[\w.]+: (.* takes no spans \(.*)", log)
        assert len(said) == (0 if mood == "takes" else 1), log
        assert not said or said[0].startswith(f"{endpoints[mood]}/v1/traces takes no spans ("), said
        assert "opentelemetry" not in log
    assert [mood for mood, log in logs.items() if "Traceback" in log or "/ERROR/" in log] == []
    assert shop.answered["traced"] == shop.answered["all"] > 100
    assert collectors["refuses"].posts >= 1
    assert {span.name for span in collectors["takes"].received} >= {"GET /ok", "GET /limited"}
