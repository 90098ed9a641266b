"""Alerts that fired are bands on the charts, phases are lines."""

from __future__ import annotations

from swarmscope.prometheus.series import Sample, Series
from swarmscope.report.html.annotations import Mark, marks_of
from tests.report.builders import asker
from tests.report.fake_prometheus import BEGIN, END, FakePrometheus

ALERTS = 'ALERTS{run_id="one",alertstate="firing",gate!="watch"}'
PHASES = 'max by (phase) (last_over_time(loadtest_phase_start_timestamp_seconds{run_id="one"}[120s]))'


class Fired(FakePrometheus):
    """Alerts with the seconds, from the beginning, in which they fired; a name may be followed by an objective."""

    def __init__(self, *alerts: tuple[str, str, str, range]) -> None:
        super().__init__({PHASES: [({"phase": "steady"}, BEGIN + 20), ({"phase": "ramp"}, BEGIN + 5)]})
        self._alerts = alerts

    def raw(self, selector: str, range_seconds: float, at_seconds: float | None = None) -> tuple[Series, ...]:
        assert (selector, range_seconds, at_seconds) == (ALERTS, END - BEGIN, END)
        return tuple(
            Series(
                {"alertname": name, "objective": objective, "alertstate": "firing", "severity": severity, "gate": gate},
                tuple(Sample(BEGIN + second, 1.0) for second in seconds),
            )
            for words, severity, gate, seconds in self._alerts
            for name, _, objective in [words.partition(" ")]
        )


def bands(*alerts: tuple[str, str, str, range]) -> list[Mark]:
    return [mark for mark in marks_of("one", asker(Fired(*alerts))) if mark.end is not None]


def test_alerts_that_overlap_are_one_band_that_names_them() -> None:
    assert bands(
        ("Slow", "critical", "objective", range(30, 50, 2)), ("Failing", "critical", "objective", range(40, 71, 2))
    ) == [Mark("critical", "Slow, Failing", BEGIN + 30, BEGIN + 72)]


def test_a_band_tells_which_objectives_one_alert_fired_for() -> None:
    missed = [f"ObjectiveMissed {objective}" for objective in ("latency_p95_seconds", "error_ratio")]
    [band] = bands(*((words, "critical", "objective", range(30, 50, 2)) for words in (*missed, missed[0])))
    assert band.label == "latency p95, error ratio"


def test_an_alert_that_fires_again_is_another_band() -> None:
    found = bands(
        ("Slow", "critical", "objective", range(30, 41, 2)), ("Slow", "critical", "objective", range(80, 91, 2))
    )
    assert [(mark.begin - BEGIN, (mark.end or 0) - BEGIN) for mark in found] == [(30, 42), (80, 92)]


def test_a_missed_objective_a_doubt_and_a_warning_are_told_apart() -> None:
    found = bands(
        ("Slow", "critical", "objective", range(30, 41, 2)),
        ("Saturated", "critical", "validity", range(30, 41, 2)),
        ("Slowish", "warning", "objective", range(30, 41, 2)),
    )
    assert [(mark.kind, mark.label) for mark in found] == [
        ("warning", "Slowish"),
        ("validity", "Saturated"),
        ("critical", "Slow"),
    ]


def test_phases_are_in_order_and_have_no_end() -> None:
    assert marks_of("one", asker(Fired())) == (
        Mark("phase", "ramp", BEGIN + 5),
        Mark("phase", "steady", BEGIN + 20),
    )


def test_a_silent_prometheus_leaves_no_marks() -> None:
    silent = FakePrometheus({})
    silent.silent = True
    assert marks_of("one", asker(silent)) == ()
