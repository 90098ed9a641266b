"""A run that was never driven: its exposition is written by hand, so that every count of it is known."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.web_page import Page

PHASES = ("prepare", "ramp", "steady", "spike", "recovery", "stopping", "done")
EDGES_SECONDS = (0.1, 0.5, 0.6, 1.0, 5.0)


@dataclass
class HandMadeRun:
    """A run with one endpoint and one worker; ``latencies`` maps seconds to how many requests took them."""

    run_id: str
    scenario: str
    latencies: dict[float, int] = field(default_factory=dict)
    failures: int = 0
    phase: str = ""
    starts: dict[str, float] = field(default_factory=dict)

    def enter(self, phase: str) -> None:
        self.phase = phase
        self.starts[phase] = time.time()

    def add(self, latencies: dict[float, int], failures: int = 0) -> None:
        for seconds, count in latencies.items():
            self.latencies[seconds] = self.latencies.get(seconds, 0) + count
        self.failures += failures

    def exposition(self) -> str:
        return (
            "\n".join(f"{metric}{{{self._labels(labels)}}} {value}" for metric, labels, value in self._samples()) + "\n"
        )

    def _labels(self, labels: dict[str, str]) -> str:
        everything = {"run_id": self.run_id, "scenario": self.scenario, **labels}
        return ",".join(f'{name}="{value}"' for name, value in everything.items())

    def _samples(self) -> Iterator[tuple[str, dict[str, str], float]]:
        yield "loadtest_run_info", {"host": "http://target", "version": "0", "workers_expected": "1"}, 1
        yield "loadtest_run_start_timestamp_seconds", {}, self.starts["prepare"]
        if "done" in self.starts:
            yield "loadtest_run_end_timestamp_seconds", {}, self.starts["done"]
        for phase in PHASES:
            yield "loadtest_phase", {"phase": phase}, int(phase == self.phase)
        for phase, start in self.starts.items():
            yield "loadtest_phase_start_timestamp_seconds", {"phase": phase}, start
        yield "loadtest_workers", {"state": "running"}, 1
        yield "loadtest_worker_last_report_timestamp_seconds", {"worker": "0"}, time.time()
        yield "loadtest_workers_reporting", {}, 1
        for which in ("oldest", "newest", "mean"):
            yield "loadtest_last_reports_timestamp_seconds", {"of": which}, time.time()
        yield from self._requests()

    def _requests(self) -> Iterator[tuple[str, dict[str, str], float]]:
        endpoint = {"method": "GET", "name": "/"}
        total = sum(self.latencies.values())
        for outcome, status, count in (("success", "200", total - self.failures), ("failure", "500", self.failures)):
            yield "loadtest_requests_total", {**endpoint, "outcome": outcome, "status": status}, count
        yield "loadtest_request_errors_total", {**endpoint, "error": "http_5xx"}, self.failures
        metric, labels = "loadtest_request_duration_seconds", {**endpoint, "outcome": "success"}
        for edge in EDGES_SECONDS:
            within = sum(count for seconds, count in self.latencies.items() if seconds <= edge)
            yield f"{metric}_bucket", {**labels, "le": str(edge)}, within
        yield f"{metric}_bucket", {**labels, "le": "+Inf"}, total
        yield f"{metric}_count", labels, total
        yield f"{metric}_sum", labels, sum(seconds * count for seconds, count in self.latencies.items())


class Exporter(Page):
    """Serves the run it is given on a free loopback port."""

    def __init__(self) -> None:
        self.run: HandMadeRun | None = None
        super().__init__(self._page)

    def _page(self) -> bytes:
        return self.run.exposition().encode() if self.run else b""
