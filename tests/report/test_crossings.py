"""Where an objective crossed its threshold: on the charts that draw this threshold, and in the timeline of alerts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go

from swarmscope.report.html.crossings import Crossing, crossings_of
from swarmscope.report.html.rendered import shown_panel
from swarmscope.verdict.decide import decide
from tests.report.builders import AROUND, asker, board, document, states
from tests.report.fake_prometheus import BEGIN, FakePrometheus, Rows
from tests.verdict.builders import LOAD_START, evidence, objective
from tests.verdict.test_evidence_in_writing import failing

P95 = Crossing(objective(), BEGIN + 46, "crossed 00:46")
P99 = Crossing(objective(objective="latency_p99_seconds", severity="warning"), BEGIN + 60, "crossed 01:00")


def meta_of(panel: dict[str, Any], answers: dict[str, Rows], *crossings: Crossing) -> dict[str, Any]:
    [read] = board(panel).panels
    around = replace(AROUND, crossings=crossings)
    chart = shown_panel(read, around, asker(FakePrometheus(answers))).chart
    assert chart is not None
    go.Figure(chart)
    found: dict[str, Any] = chart["layout"]["meta"]
    return found


def threshold(of: str, severity: str = "critical", **labels: str) -> tuple[dict[str, str], float]:
    return {"objective": of, "severity": severity, **labels}, 0.2


LATENCY = document("timeseries", ("p95", "p95"), ("limit", "threshold ({{severity}})"))
MEASURED: Rows = [({}, 0.1)]


def test_the_verdict_knows_when_each_objective_was_first_beyond_its_threshold() -> None:
    [crossing] = crossings_of(failing())
    assert (crossing.objective.title, crossing.seconds - LOAD_START, crossing.text) == (
        "latency p95",
        26.0,
        "crossed 00:26",
    )


def test_what_only_the_whole_run_misses_is_marked_since_when_the_run_so_far_did() -> None:
    missed = objective(measured=0.48, missed_since_seconds=LOAD_START + 20)
    [crossing] = crossings_of(decide(evidence(objectives=(missed,))))
    assert (crossing.seconds, crossing.text) == (LOAD_START + 20, "crossed 00:20")


def test_a_healthy_run_crossed_nothing() -> None:
    assert crossings_of(decide(evidence())) == ()


def test_a_chart_marks_where_the_threshold_that_it_draws_was_crossed() -> None:
    meta = meta_of(LATENCY, {"p95": MEASURED, "limit": [threshold("latency_p95_seconds")]}, P95, P99)
    assert meta["crossings"] == [{"at": (BEGIN + 46) * 1000, "text": "crossed 00:46", "color": "limit-critical"}]


def test_a_chart_of_two_crossed_thresholds_names_them() -> None:
    limits = [threshold("latency_p95_seconds"), threshold("latency_p99_seconds", "warning")]
    meta = meta_of(LATENCY, {"p95": MEASURED, "limit": limits}, P95, P99)
    assert [(mark["text"], mark["color"]) for mark in meta["crossings"]] == [
        ("latency p95 crossed 00:46", "limit-critical"),
        ("latency p99 crossed 01:00", "limit-warning"),
    ]


def test_charts_of_other_objectives_have_no_mark() -> None:
    for limits in (
        [threshold("error_ratio")],
        [threshold("latency_p95_seconds", "warning")],
        [threshold("latency_p95_seconds", method="GET", name="/a")],
        [],
    ):
        assert meta_of(LATENCY, {"p95": MEASURED, "limit": limits}, P95)["crossings"] == []


def test_the_timeline_of_alerts_marks_the_crossing_in_the_row_of_its_objective() -> None:
    panel = document(
        "state-timeline",
        ("alerts", "{{row}}"),
        mappings=states(("1", "pending", "yellow"), ("2", "firing", "red")),
    )
    rows: Rows = [
        ({"row": "error ratio"}, 1.0),
        ({"row": "latency p95"}, 2.0),
        ({"row": "latency p95 POST /api/chat"}, 2.0),
    ]
    meta = meta_of(panel, {"alerts": rows}, P95)
    assert meta["crossings"] == [{"row": 1, "at": (BEGIN + 46) * 1000, "text": "crossed 00:46"}]
    assert meta["rows"][1] == "latency p95"
