"""Whatever evidence is missing, a run never passes for it: properties of the decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.user_facts import UserFacts
from swarmscope.verdict.verdict import Outcome
from tests.verdict.builders import END, INTERVAL, LOAD_START, START, alert, evidence, ledger, objective, users

SOURCES = (
    "exporter_up",
    "alerts",
    "objectives",
    "watched_groups",
    "ledger",
    "rule_failures",
    "rule_misses",
    "thresholds",
    "unhandled_exceptions",
    "users",
)


def without(whole: Evidence, source: str) -> Evidence:
    nothing: dict[str, Any] = {
        "ledger": ledger(workers={}, locust=None, prometheus=None),
        "rule_failures": None,
        "rule_misses": None,
        "unhandled_exceptions": None,
        "users": UserFacts(),
    }
    return replace(whole, **{source: nothing.get(source, ())})


@given(st.sets(st.sampled_from(SOURCES), min_size=1))
def test_dropping_any_source_of_evidence_is_never_a_pass(dropped: set[str]) -> None:
    changed = evidence()
    for source in dropped:
        changed = without(changed, source)
    assert decide(changed).outcome is not Outcome.PASS


@given(at=st.floats(START, END), dropped=st.sets(st.sampled_from([s for s in SOURCES if s != "alerts"])))
def test_a_firing_critical_objective_always_fails_whatever_else_is_missing(at: float, dropped: set[str]) -> None:
    changed = evidence(alerts=(*evidence().alerts, alert(at=at)))
    for source in dropped:
        changed = without(changed, source)
    assert decide(changed).outcome is Outcome.FAIL


def cut_out(whole: Evidence, start: float, end: float) -> Evidence:
    """Return the evidence without any sample between two times, as if everything had stood still."""

    def left(series: Series) -> Series:
        return replace(series, samples=kept(series.samples))

    def kept(samples: tuple[Sample, ...]) -> tuple[Sample, ...]:
        return tuple(s for s in samples if not start <= s.timestamp_seconds <= end)

    return replace(
        whole,
        alerts=tuple(left(series) for series in whole.alerts),
        thresholds=tuple(left(series) for series in whole.thresholds),
        exporter_up=kept(whole.exporter_up),
    )


DEFECTS: dict[str, dict[str, Any]] = {
    "a failed objective": {"alerts": (*evidence().alerts, alert(at=1110.0))},
    "a lost worker": {"alerts": (*evidence().alerts, alert("WorkerLost", gate="validity", at=1110.0))},
    "a lossy hop": {"ledger": ledger(prometheus=990)},
    "a failed rule": {"rule_failures": 1.0},
    "an interruption": {"run": replace(evidence().run, interrupted="by hand")},
    "no data": {"objectives": (objective(measured=None),)},
    "a unhandled exception": {"unhandled_exceptions": 1},
    "a request without an event": {"users": users(without_event={"GET /": 1})},
    "a failed check of the locustfile": {"users": users(exit_code=1)},
    "a problem": {"problems": ("Prometheus was away",)},
    "nothing": {},
}


@given(
    defect=st.sampled_from(sorted(DEFECTS)),
    start=st.floats(LOAD_START, END - 3 * INTERVAL),
    length=st.floats(3 * INTERVAL, 120.0),
)
def test_dropping_all_samples_of_a_span_never_turns_anything_into_a_pass(
    defect: str, start: float, length: float
) -> None:
    changed = cut_out(evidence(**DEFECTS[defect]), start, start + length)
    assert decide(changed).outcome is not Outcome.PASS


@given(defect=st.sampled_from(sorted(set(DEFECTS) - {"nothing"})), data=st.data())
def test_dropping_any_one_series_but_the_alerts_own_never_turns_a_non_pass_into_a_pass(
    defect: str, data: st.DataObject
) -> None:
    whole = evidence(**DEFECTS[defect])
    own = [index for index, series in enumerate(whole.alerts) if series.labels["gate"] != "watch"]
    others = [("alerts", i) for i in range(len(whole.alerts)) if i not in own]
    others += [("thresholds", i) for i in range(len(whole.thresholds))]
    field, index = data.draw(st.sampled_from(others))
    series: tuple[Series, ...] = getattr(whole, field)
    shortened: dict[str, Any] = {field: series[:index] + series[index + 1 :]}
    changed = replace(whole, **shortened)
    assert decide(changed).outcome is not Outcome.PASS
