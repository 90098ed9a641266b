"""The table of objectives, made of answers of Prometheus that were written by hand."""

from __future__ import annotations

import time
from typing import Any

import pytest

from swarmscope.locust_plugin.objectives_tab import MEANINGS, ObjectiveRow, query_of, rows_of
from swarmscope.locust_plugin.watch import ASKING, NO_PROMETHEUS, NO_RUN, ObjectiveWatch
from swarmscope.two_times import two_times
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.run import Run, RunVerdict

P95 = {"objective": "latency_p95_seconds", "bound": "max", "severity": "critical"}
CHAT = {
    "objective": "endpoint_latency_p95_seconds",
    "bound": "max",
    "severity": "critical",
    "method": "POST",
    "name": "/chat",
}
CITED = {"objective": "citation_ratio", "bound": "min", "severity": "warning"}


def sample(metric: str, value: float | str, **labels: str) -> dict[str, Any]:
    return {"metric": {"__name__": metric, "run_id": "r", **labels}, "value": [1.0, str(value)]}


def alert(state: str, **labels: str) -> dict[str, Any]:
    return sample("ALERTS", 1, **{"alertname": "ObjectiveMissed", "gate": "objective", **labels}, alertstate=state)


def limit(value: float, labels: dict[str, str]) -> dict[str, Any]:
    return sample("loadtest:run_threshold", value, **labels)


def measured(value: float | str, labels: dict[str, str]) -> dict[str, Any]:
    return sample(
        "loadtest:run_objective", value, **{k: v for k, v in labels.items() if k not in {"bound", "severity"}}
    )


def states(*samples: dict[str, Any]) -> dict[str, str]:
    return {row.objective: row.state for row in rows_of(samples)}


def test_a_row_has_threshold_values_and_state_in_the_units_of_the_objective() -> None:
    last = sample("loadtest:objective", 0.0133, objective="latency_p95_seconds", window="live")
    [_, row] = rows_of([limit(0.5, P95), measured(0.0139, P95), last])
    assert row == ObjectiveRow(*("latency p95", "", "met so far", "13.9 ms", "≤ 500 ms", "97%", "13.3 ms", "critical"))


def test_an_endpoint_is_told_apart_from_the_whole_and_critical_rows_come_before_warnings() -> None:
    rows = rows_of([limit(0.8, CITED), limit(3, CHAT), measured(2, CHAT), limit(0.5, P95), measured(0.1, P95)])
    assert [(row.objective, row.endpoint, row.threshold, row.run_so_far) for row in rows[1:]] == [
        ("endpoint latency p95", "POST /chat", "≤ 3 s", "2 s"),
        ("latency p95", "", "≤ 500 ms", "100 ms"),
        ("citation ratio", "", "≥ 80 %", "-"),
    ]


@pytest.mark.parametrize(
    ("value", "labels", "bound", "state"),
    [
        (0.5, P95, 0.5, "met so far"),
        (0.50001, P95, 0.5, "missed so far"),
        (0.8, CITED, 0.8, "met so far"),
        (0.79999, CITED, 0.8, "missed so far"),
        ("NaN", P95, 0.5, "not measured yet"),
    ],
)
def test_on_the_threshold_is_met_beyond_it_is_missed_and_nothing_observed_is_neither(
    value: float | str, labels: dict[str, str], bound: float, state: str
) -> None:
    [_, row] = rows_of([limit(bound, labels), measured(value, labels)])
    assert row.state == state


@pytest.mark.parametrize(
    ("value", "labels", "bound", "left"),
    [
        (0.18, P95, 0.5, "64%"),
        (0.6, P95, 0.5, "-20%"),
        (0.84, CITED, 0.8, "5%"),
        (0.72, CITED, 0.8, "-10%"),
        (1, CITED, 0.999, "0.1%"),
        (0.998, CITED, 0.999, "-0.1%"),
        (0.5, P95, 0.5, "0%"),
        ("NaN", P95, 0.5, "-"),
        (0.1, P95, 0.0, "-"),
    ],
)
def test_headroom_is_the_share_of_the_threshold_that_is_left(
    value: float | str, labels: dict[str, str], bound: float, left: str
) -> None:
    [_, row] = rows_of([limit(bound, labels), measured(value, labels)])
    assert row.headroom == left


def test_below_the_thresholds_stands_how_long_requests_waited_for_their_start() -> None:
    service = measured(0.0024, {"objective": "service_time_p95_seconds"})
    of_endpoint = measured(9, {"objective": "service_time_p99_seconds", "method": "GET", "name": "/"})
    rows = rows_of([limit(0.5, P95), measured(2, P95), service, of_endpoint, alert("firing", gate="validity")])
    assert [row.objective for row in rows] == [
        "The whole run",
        "latency p95",
        two_times({"latency_p95_seconds": 2, "service_time_p95_seconds": 0.0024}),
        "ObjectiveMissed",
    ]


def test_before_anything_is_measured_the_run_passes_nothing_yet() -> None:
    assert states(limit(0.5, P95), limit(0.8, CITED))["The whole run"] == "not measured yet"
    assert states(limit(0.5, P95), limit(0.8, CITED), measured(0.9, CITED))["The whole run"] == "passing so far"


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        *((state, "bad") for state in ("failing", "firing", "fired", "missed so far", "would fail now", "FAIL")),
        *((state, "good") for state in ("passing so far", "met so far", "PASS")),
        *((state, "warn") for state in ("inconclusive", "pending", "INCONCLUSIVE")),
        ("not started", "bad"),
        ("not measured yet", None),
    ],
)
def test_a_state_has_the_color_of_what_it_means(state: str, meaning: str | None) -> None:
    assert MEANINGS.get(state) == meaning


def test_the_gravest_state_of_an_alert_counts_and_one_that_fired_is_not_forgotten() -> None:
    good = [limit(0.5, P95), measured(0.1, P95)]
    assert states(*good) == {"The whole run": "passing so far", "latency p95": "met so far"}
    assert states(*good, alert("pending", **P95))["latency p95"] == "pending"
    fired = alert("firing", ever="yes", **P95)
    assert states(*good, fired) == {"The whole run": "failing", "latency p95": "fired"}
    assert states(*good, fired, alert("pending", **P95))["latency p95"] == "fired"
    assert states(*good, alert("firing", **P95), fired)["latency p95"] == "firing"


def test_an_alert_speaks_of_its_own_objective_endpoint_and_severity_only() -> None:
    samples = [limit(0.5, P95), measured(0.1, P95), limit(3, CHAT), measured(1, CHAT)]
    found = states(*samples, alert("firing", **(CHAT | {"severity": "warning"})), alert("firing", **CHAT))
    assert (found["latency p95"], found["endpoint latency p95"]) == ("met so far", "firing")


def test_a_warning_does_not_fail_a_run() -> None:
    samples = [limit(0.8, CITED), measured(0.5, CITED), alert("firing", **CITED)]
    assert states(*samples) == {"The whole run": "passing so far", "citation ratio": "firing"}


def test_an_objective_that_is_missed_without_an_alert_yet_is_no_pass() -> None:
    assert states(limit(0.5, P95), measured(0.6, P95))["The whole run"] == "would fail now"


def test_an_alert_of_the_measurement_makes_the_run_inconclusive_and_has_a_row() -> None:
    saturated = alert("firing", alertname="GeneratorCpuSaturated", gate="validity", severity="critical", worker="1")
    rows = rows_of([limit(0.5, P95), measured(0.1, P95), saturated])
    assert rows[0] == ObjectiveRow("The whole run", state="inconclusive")
    assert rows[-1] == ObjectiveRow("GeneratorCpuSaturated", "1", severity="critical", state="firing")
    assert states(limit(0.5, P95), alert("firing", **P95), saturated)["The whole run"] == "failing"


def test_an_alert_without_a_gate_has_a_row_and_decides_nothing() -> None:
    mine = alert("firing", alertname="Mine", gate="", severity="critical")
    rows = rows_of([limit(0.5, P95), measured(0.1, P95), mine])
    assert rows[0] == ObjectiveRow("The whole run", state="passing so far")
    assert rows[-1] == ObjectiveRow("Mine", severity="critical", state="firing")


def test_without_thresholds_and_alerts_there_is_nothing_to_show() -> None:
    assert rows_of([measured(0.1, P95)]) == []


def test_the_query_looks_back_over_the_whole_run() -> None:
    assert '{run_id="a.b-1",alertstate="firing",gate!="watch"}[62s]' in query_of("a.b-1", 60.2)


def run(begun_seconds_ago: float = 10.0, done_seconds_ago: float | None = None) -> Run:
    made = Run("r", "smoke", 1, Merge("r"), clock=lambda: time.time() - begun_seconds_ago)
    if done_seconds_ago is not None:
        made.phase_start_timestamps_seconds["done"] = time.time() - done_seconds_ago  # type: ignore[index]
    return made


def test_what_is_missing_is_said_in_one_row() -> None:
    assert ObjectiveWatch("", run).rows() == [ObjectiveRow(NO_PROMETHEUS)]
    assert ObjectiveWatch("http://127.0.0.1:9", lambda: None).rows() == [ObjectiveRow(NO_RUN)]
    watch = ObjectiveWatch("http://127.0.0.1:9", run)
    assert watch.rows() == [ObjectiveRow(ASKING)]
    watch.ask()
    assert watch.rows() == [ObjectiveRow("Prometheus at http://127.0.0.1:9 does not answer (ConnectionError)")]


class Session:
    """Answers what it is told, and counts the questions."""

    def __init__(self, answer: object) -> None:
        self.answer, self.asked = answer, 0

    def post(self, *_: object, **__: object) -> Session:
        self.asked += 1
        return self

    def raise_for_status(self) -> None:
        return

    def json(self) -> object:
        return self.answer


def watching(watched: Run, answer: object) -> tuple[ObjectiveWatch, Session]:
    watch, session = ObjectiveWatch("http://p.test", lambda: watched), Session(answer)
    watch._session = session  # type: ignore[assignment]
    watch.ask()
    return watch, session


@pytest.mark.parametrize("answer", [None, [], {"data": {}}, {"data": {"result": [{"metric": {}}]}}])
def test_nonsense_is_told_and_raises_nothing(answer: object) -> None:
    [row] = watching(run(), answer)[0].rows()
    assert row.objective.startswith("What answers at http://p.test is not a Prometheus (")


def test_the_rows_are_those_of_the_run_that_was_asked_about() -> None:
    watched = run()
    watch, _ = watching(watched, {"data": {"result": [limit(0.5, P95), measured(0.1, P95)]}})
    assert [row.objective for row in watch.rows()] == ["The whole run", "latency p95"]
    watched.run_id = "next"
    assert watch.rows() == [ObjectiveRow(ASKING)]


def test_why_a_start_was_refused_is_the_first_row() -> None:
    watch = ObjectiveWatch("http://p.test", lambda: None, lambda: "no worker is connected")
    assert watch.rows() == [
        ObjectiveRow("Not started: no worker is connected", state="not started"),
        ObjectiveRow(NO_RUN),
    ]


def test_the_verdict_is_the_state_of_the_whole_run_once_there_is_one() -> None:
    watched = run(100, done_seconds_ago=5)
    watch, _ = watching(watched, {"data": {"result": [limit(0.5, P95), measured(0.1, P95)]}})
    watched.verdict = RunVerdict("INCONCLUSIVE")
    assert [(row.objective, row.state) for row in watch.rows()] == [
        ("The whole run", "INCONCLUSIVE"),
        ("latency p95", "met so far"),
    ]
    assert ObjectiveWatch("", lambda: watched).rows() == [
        ObjectiveRow("The whole run", state="INCONCLUSIVE"),
        ObjectiveRow(NO_PROMETHEUS),
    ]


def test_a_run_is_asked_about_until_it_was_judged() -> None:
    answer: object = {"data": {"result": []}}
    assert watching(run(100, done_seconds_ago=5), answer)[1].asked == 1
    assert watching(run(1000, done_seconds_ago=500), answer)[1].asked == 0
