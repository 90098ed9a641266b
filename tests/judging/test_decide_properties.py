"""Whatever evidence is missing, a run never passes for it: properties of the decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from scripts.judging.decide import decide
from scripts.judging.evidence import Evidence
from scripts.judging.user_facts import UserFacts
from scripts.judging.verdict import Outcome
from tests.judging.builders import END, START, alert, evidence, ledger

SOURCES = (
    "exporter_up",
    "alerts",
    "objectives",
    "watched_groups",
    "ledger",
    "rule_failures",
    "rule_misses",
    "thresholds",
    "mishaps",
    "users",
)


def without(whole: Evidence, source: str) -> Evidence:
    nothing: dict[str, Any] = {
        "ledger": ledger(workers={}, locust=None, prometheus=None),
        "rule_failures": None,
        "rule_misses": None,
        "mishaps": None,
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
