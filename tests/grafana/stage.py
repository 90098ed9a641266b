"""Three runs played on a real Prometheus, which then holds all that a dashboard draws."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import requests

from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.stack.programs.prometheus import find_prometheus
from swarmscope.stack.prometheus_server import PrometheusServer
from swarmscope_exporter.phases import Phase
from tests.grafana.api_on_stage import StagedApi
from tests.grafana.dashboard_files import Target, filled, variables
from tests.grafana.quick_rules import SCENARIO, journeys, write_rules
from tests.grafana.run_on_stage import StagedRun, play
from tests.grafana.third_party import POSTGRES_PAGE, REDIS_PAGE
from tests.web_page import Page

#: Ids of the runs: each is also a step of one search.
SEARCH = "capacity-everything"
FIRST, SECOND, THIRD = (f"{SEARCH}-step{number:02}" for number in (1, 2, 3))
SLOW_MS = 2_000.0
FAST_MS = 20.0


@dataclass
class Stage:
    """A Prometheus that has seen three runs; the last one, ``run_id``, went through every phase."""

    prometheus: PrometheusApi
    values: dict[str, str]
    begin: float
    end: float

    def ask(self, target: Target) -> dict[str, Any]:
        """Prometheus' answer to a query, as it is sent by Grafana."""
        query = {"query": filled(target.expr, self.values)}
        if target.instant:
            return self._post("query", query | {"time": str(self.end)})
        begin = self.end - math.ceil(self.end - self.begin)  # so that the last step is the end
        # Steps of the evaluation interval: no sample is stepped over.
        return self._post("query_range", query | {"start": str(begin), "end": str(self.end), "step": "0.5"})

    def _post(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = requests.post(f"{self.prometheus.url}/api/v1/{path}", data=form, timeout=20).json()
        return answer


class Theatre:
    """Where the runs are played: the pages that Prometheus scrapes, and Prometheus."""

    def __init__(self, folder: Path) -> None:
        self.run: StagedRun | None = None
        self.prometheus = PrometheusApi("http://unset")
        self._scrapes = count(1)
        renders: dict[str, Callable[[], bytes]] = {
            "loadtest": lambda: self.run.page() if self.run else b"",
            "api": StagedApi().page,
            "postgres": lambda: POSTGRES_PAGE.format(n=next(self._scrapes)).encode(),
            "redis": lambda: REDIS_PAGE.format(n=next(self._scrapes)).encode(),
        }
        self._pages = {job: Page(render) for job, render in renders.items()}
        port = PortPicker(print).pick("Prometheus")
        server = PrometheusServer(find_prometheus().prometheus, folder, rules_dir=write_rules(folder / "quick-rules"))
        addresses = {job: [page.address] for job, page in self._pages.items()}
        server.write_config({**addresses, "prometheus": [f"127.0.0.1:{port}"]})
        # Four times as often as in earnest, so that the test is four times as quick.
        server.config_file.write_text(server.config_file.read_text().replace("2s", "500ms"))
        self._process = server.process(port, folder / "log")
        self._process.start()
        self._process.wait_ready(http_ok(port, "/-/ready"), 30)
        self.prometheus = PrometheusApi(f"http://127.0.0.1:{port}")

    def play_until(self, run: StagedRun, *queries: str) -> None:
        for query in queries:
            wanted = query.replace("$run", f'run_id="{run.run_id}"')
            play(run, lambda asked=wanted: bool(self.prometheus.instant(asked)), wanted)  # type: ignore[misc]

    def begin(self, run_id: str) -> StagedRun:
        """Return a run up to its first judged phase."""
        run = self.run = StagedRun(run_id, SCENARIO, journeys())
        run.report()
        self.play_silently(run, f'loadtest:run_threshold{{run_id="{run_id}"}}')
        run.enter(Phase.RAMP)
        self.play_until(run, 'loadtest:count{of="requests", $run} > 0')
        run.enter(Phase.STEADY)
        return run

    def finish(self, run: StagedRun, outcome: str) -> None:
        run.enter(Phase.STOPPING)
        run.report()
        run.enter(Phase.DONE)
        self.play_silently(run, f'ALERTS{{alertname="RunJudged", alertstate="firing", run_id="{run.run_id}"}}')
        run.judge(outcome)
        self.play_silently(run, f'loadtest_run_verdict{{run_id="{run.run_id}"}}')

    def play_silently(self, run: StagedRun, query: str) -> None:
        """Without requests."""
        deadline = time.monotonic() + 40
        while not self.prometheus.instant(query):
            assert time.monotonic() < deadline, f"not within 40 s: {query}"
            run.report()
            time.sleep(0.2)

    def close(self) -> None:
        self._process.stop()
        for page in self._pages.values():
            page.close()


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Yield the stage after the last run, while its Prometheus is up."""
    theatre = Theatre(folder)
    try:
        for run_id in (FIRST, SECOND):
            earlier = theatre.begin(run_id)
            theatre.play_until(earlier, f"count_over_time({_last_minute('throughput_requests_per_second')}[5s]) > 3")
            theatre.finish(earlier, "INCONCLUSIVE")
        begin = time.time()
        run = theatre.begin(THIRD)
        spike_and_recovery(theatre, run)
        theatre.finish(run, "FAIL")
        end = time.time()
        yield Stage(theatre.prometheus, _values(begin, end, theatre.prometheus), begin, end)
    finally:
        theatre.close()


def _last_minute(objective: str) -> str:
    return f'loadtest:objective{{window="live", objective="{objective}", $run}}'


def spike_and_recovery(theatre: Theatre, run: StagedRun) -> None:
    run.enter(Phase.SPIKE)
    theatre.play_until(run, "loadtest:referenced_seconds{$run}")
    run.latency_ms = SLOW_MS
    theatre.play_until(
        run,
        _last_minute("latency_drift_ratio"),
        _last_minute("target_memory_growth_ratio"),
        _last_minute("target_pool_in_use_ratio"),
        'count_over_time(ALERTS{alertname="ObjectiveMissed", objective="latency_p95_seconds", alertstate="firing",'
        " $run}[5s]) > 3",
    )
    run.enter(Phase.RECOVERY)
    run.latency_ms = FAST_MS
    theatre.play_until(run, 'loadtest:objective{objective="latency_p95_seconds", window="recovery", $run} < 0.1')


def _values(begin: float, end: float, prometheus: PrometheusApi) -> dict[str, str]:
    shift = prometheus.value(filled(_shift_query("other_shift"), {"run_id": THIRD, "other_run_id": SECOND}))
    other = prometheus.value(filled(_shift_query("third_shift"), {"run_id": THIRD, "third_run_id": FIRST}))
    assert shift is not None
    assert other is not None
    return {
        "run_id": THIRD,
        "other_run_id": SECOND,
        "third_run_id": FIRST,
        "other_shift": f"{shift:g}",
        "third_shift": f"{other:g}",
        "search": SEARCH,
        "scenario": ".*",
        "endpoint": ".*",
        "worker": ".*",
        "__range": f"{math.ceil(end - begin)}s",
        "__interval": "1s",
        "__rate_interval": "3s",
    }


def _shift_query(name: str) -> str:
    return unwrapped(variables("comparison")[name]["query"]["query"])


def unwrapped(query: str) -> str:
    """Return the expression within a variable's query_result(…)."""
    return query.removeprefix("query_result(").removesuffix(")")
