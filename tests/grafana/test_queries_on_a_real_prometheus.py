"""Every query of every panel, asked of a real Prometheus that holds a run."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests

from exporters.phases import Phase
from scripts.prometheus_api import PrometheusApi
from scripts.stack.ports import PortPicker
from scripts.stack.probes import http_ok
from scripts.stack.prometheus_binary import find_prometheus
from scripts.stack.prometheus_server import PrometheusServer
from tests.grafana.api_on_stage import StagedApi
from tests.grafana.dashboard_files import Target, dashboards, filled, targets, variables
from tests.grafana.quick_rules import SCENARIO, journeys, write_rules
from tests.grafana.run_on_stage import StagedRun, play
from tests.grafana.third_party import POSTGRES_PAGE, REDIS_PAGE
from tests.grafana.web_page import Page

pytestmark = pytest.mark.real

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
        """A run up to its first judged phase."""
        run = self.run = StagedRun(run_id, SCENARIO, journeys())
        run.report()
        self.play_silently(run, f'loadtest:run_threshold{{run_id="{run_id}"}}')
        run.enter(Phase.RAMP)
        self.play_until(run, 'loadtest:count{of="requests", $run} > 0')
        run.enter(Phase.STEADY)
        return run

    def finish(self, run: StagedRun) -> None:
        run.enter(Phase.STOPPING)
        run.report()
        run.enter(Phase.DONE)
        self.play_silently(run, f'ALERTS{{alertname="RunJudged", alertstate="firing", run_id="{run.run_id}"}}')

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


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    theatre = Theatre(tmp_path_factory.mktemp("prometheus"))
    try:
        for run_id in ("first", "second"):
            earlier = theatre.begin(run_id)
            theatre.play_until(earlier, "count_over_time(loadtest:throughput_requests_per_second{$run}[5s]) > 3")
            theatre.finish(earlier)
        begin = time.time()
        run = theatre.begin("third")
        spike_and_recovery(theatre, run)
        theatre.finish(run)
        end = time.time()
        yield Stage(theatre.prometheus, _values(begin, end, theatre.prometheus), begin, end)
    finally:
        theatre.close()


def spike_and_recovery(theatre: Theatre, run: StagedRun) -> None:
    run.enter(Phase.SPIKE)
    theatre.play_until(run, "loadtest:referenced_seconds{$run}")
    run.latency_ms = SLOW_MS
    theatre.play_until(
        run,
        "loadtest:latency_drift_ratio{$run}",
        "loadtest:memory_growth_ratio{$run}",
        "loadtest:pool_in_use_ratio{$run}",
        'count_over_time(ALERTS{alertname="LatencyP95AboveThreshold", alertstate="firing", $run}[5s]) > 3',
    )
    run.enter(Phase.RECOVERY)
    run.latency_ms = FAST_MS
    theatre.play_until(run, 'loadtest:objective{objective="latency_p95_seconds", window="recovery", $run} < 0.1')


def _values(begin: float, end: float, prometheus: PrometheusApi) -> dict[str, str]:
    shift = prometheus.value(filled(_shift_query("other_shift"), {"run_id": "third", "other_run_id": "second"}))
    other = prometheus.value(filled(_shift_query("third_shift"), {"run_id": "third", "third_run_id": "first"}))
    assert shift is not None
    assert other is not None
    return {
        "run_id": "third",
        "other_run_id": "second",
        "third_run_id": "first",
        "other_shift": f"{shift:g}",
        "third_shift": f"{other:g}",
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
    """The expression within a variable's query_result(…)."""
    return query.removeprefix("query_result(").removesuffix(")")


def samples(answer: dict[str, Any]) -> list[float]:
    rows = answer["data"]["result"]
    pairs = [pair for row in rows for pair in row.get("values", [row.get("value")])]
    return [value for value in (float(text) for _, text in pairs) if not math.isnan(value)]


def test_every_query_is_answered_without_an_error_or_a_warning(stage: Stage) -> None:
    complaints = {}
    for target in targets():
        answer = stage.ask(target)
        complaint = answer.get("error") or answer.get("warnings")
        # Grafana shows these on the panel. The exporter of PostgreSQL names its counters without _total.
        infos = [info for info in answer.get("infos", []) if '"pg_stat_' not in info]
        if complaint or infos:
            complaints[str(target)] = complaint or infos
    assert complaints == {}


def test_every_query_has_data(stage: Stage) -> None:
    assert [str(target) for target in targets() if not samples(stage.ask(target))] == []


def test_the_columns_of_a_table_have_the_same_labels_so_that_they_can_be_merged(stage: Stage) -> None:
    labels: dict[tuple[str, str], set[frozenset[str]]] = {}
    for target in targets():
        if target.kind == "table":
            rows = stage.ask(target)["data"]["result"]
            sets = {frozenset(row["metric"]) for row in rows}
            labels.setdefault((target.dashboard, target.panel), set()).update(sets)
    optional = {"method", "name"}  # an objective of the whole scenario has neither
    assert {panel: len({names - optional for names in sets}) for panel, sets in labels.items()} == dict.fromkeys(
        labels, 1
    )


def test_alerts_and_phases_are_there_to_annotate(stage: Stage) -> None:
    alerts, phases, _ = dashboards()["run-overview"]["annotations"]["list"]
    found = {
        row["metric"].get("alertname") or row["metric"]["phase"]
        for note in (alerts, phases)
        for row in stage.ask(Target("", "", "", note["expr"], instant=False, kind=""))["data"]["result"]
    }
    assert {"LatencyP95AboveThreshold", "ObjectiveMissedOverRun", "ramp", "spike", "recovery", "done"} <= found


def test_scenarios_endpoints_and_workers_are_there_to_choose(stage: Stage) -> None:
    choices = {
        "run-overview": ("scenario", SCENARIO),
        "endpoints": ("endpoint", "/health"),
        "generator-health": ("worker", "1"),
    }
    for name, (variable, expected) in choices.items():
        query = variables(name)[variable]["query"]["query"]
        selector, label = query.removeprefix("label_values(").removesuffix(")").rsplit(", ", 1)
        offered = stage.prometheus.instant(f"group by ({label}) ({filled(selector, stage.values)})")
        assert expected in {row.labels[label] for row in offered}


def test_the_newest_run_is_offered_first(stage: Stage) -> None:
    values = stage.values | {"__range": f"{math.ceil(time.time() - stage.begin) + 60}s"}
    for name in dashboards():
        query = unwrapped(variables(name)["run_id"]["query"]["query"])
        offered = stage.prometheus.instant(filled(query, values))
        assert [row.labels["run_id"] for row in offered] == ["third", "second", "first"]


def test_the_other_runs_of_a_comparison_leave_out_those_already_chosen(stage: Stage) -> None:
    found = variables("comparison")
    for name, expected in (("other_run_id", ["second", "first"]), ("third_run_id", ["first"])):
        offered = stage.prometheus.instant(filled(unwrapped(found[name]["query"]["query"]), stage.values))
        assert [row.labels["run_id"] for row in offered] == expected


def test_the_load_of_compared_runs_begins_at_the_same_time(stage: Stage) -> None:
    begins = {
        row.labels["run_id"]: row.samples[0].value
        for row in stage.prometheus.instant(
            'max by (run_id) (last_over_time(loadtest_phase_start_timestamp_seconds{phase="ramp"}[7d]))'
        )
    }
    assert float(stage.values["other_shift"]) == pytest.approx(begins["third"] - begins["second"], abs=0.5)
    assert float(stage.values["third_shift"]) == pytest.approx(begins["third"] - begins["first"], abs=0.5)


def test_the_figures_of_the_overview_tell_a_run_that_failed(stage: Stage) -> None:
    figures = {t.panel: stage.ask(t) for t in targets() if t.dashboard == "run-overview" and t.instant}
    assert samples(figures["Verdict so far"]) == [2]
    assert [row["metric"]["phase"] for row in figures["Phase"]["data"]["result"]] == ["done"]
    [first_breach] = samples(figures["Time to first breach"])
    assert 0 < first_breach < stage.end - stage.begin


def test_an_objective_counts_as_missed_exactly_when_it_is_beyond_its_threshold(stage: Stage) -> None:
    threshold, run, _, missed = (
        {_subject(row["metric"]): float(row["value"][1]) for row in stage.ask(target)["data"]["result"]}
        for target in targets()
        if (target.dashboard, target.panel) == ("run-overview", "Objectives")
    )
    assert set(missed) == set(run)
    for subject, value in run.items():
        beyond = value > threshold[subject] if "max" in subject else value < threshold[subject]
        assert missed[subject] == beyond, subject
    assert sum(missed.values()) > 1


def _subject(labels: dict[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in ("objective", "method", "name", "bound", "severity"))


def test_before_during_and_after_a_spike_are_told_apart(stage: Stage) -> None:
    [target] = [t for t in targets() if (t.dashboard, t.panel, t.ref) == ("spike", "Before, during, after", "D")]
    p95 = {row["metric"]["part"]: float(row["value"][1]) for row in stage.ask(target)["data"]["result"]}
    assert p95["1 before"] < 0.1
    assert p95["2 during"] > 1.5
    assert p95["3 after"] < p95["2 during"]
