"""What a decision makes of objectives that are met, and not surely."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmscope.objectives import Interval, Objective
from swarmscope.verdict.decide import decide
from swarmscope.verdict.verdict import Outcome, Status, Verdict
from tests.verdict.builders import alert, evidence, objective


class TestConfidence:
    UNSURE = Interval(0.1, 0.31, 40.0, "Clopper-Pearson", more_samples=120, more_seconds=34.4)
    SURE = Interval(0.1, 0.19, 4000.0, "Clopper-Pearson")

    @staticmethod
    def judged(*objectives: Objective) -> Verdict:
        return decide(evidence(objectives=objectives))

    def test_what_is_surely_met_passes(self) -> None:
        verdict = self.judged(objective(confidence=0.95, interval=self.SURE))
        assert verdict.outcome is Outcome.PASS
        check = next(check for check in verdict.checks if check.name == "confidence")
        assert check.figure == "1 of 1 decided at 95 %"

    def test_what_is_met_by_chance_perhaps_is_undecided_and_says_what_would_decide(self) -> None:
        verdict = self.judged(objective(confidence=0.95, interval=self.UNSURE))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert verdict.objectives[0].status is Status.UNDECIDED
        assert verdict.reasons == (
            (
                "confidence: 1 of 1 undecided: latency p95 120 ms, surely ≤ 310 ms, limit 200 ms (about 120 more"
                " samples, 34 s more at this rate)"
            ),
        )

    def test_one_without_any_bound_is_undecided(self) -> None:
        verdict = self.judged(objective(confidence=0.95, interval=Interval(None, None, 0.0, "no counts")))
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "what it counts is missing" in verdict.reasons[0]

    @pytest.mark.parametrize(
        "changed", [{"only_warns": True}, {"severity": "warning", "only_warns": True}], ids=["default", "warning"]
    )
    def test_defaults_and_warnings_only_warn(self, changed: dict[str, Any]) -> None:
        verdict = self.judged(objective(confidence=0.95, interval=self.UNSURE, **changed))
        assert (verdict.outcome, verdict.objectives[0].status) == (Outcome.PASS, Status.PASS)
        assert [line for line in verdict.warnings if "too little was measured" in line] == [
            (
                "too little was measured to be sure, which decides nothing: latency p95 120 ms, surely ≤ 310 ms, limit"
                " 200 ms (about 120 more samples, 34 s more at this rate)"
            )
        ]

    def test_a_missed_objective_fails_however_unsure(self) -> None:
        missed = objective(measured=0.25, confidence=0.95, interval=self.UNSURE)
        verdict = decide(evidence(objectives=(missed,), alerts=(*evidence().alerts, alert("ObjectiveMissedOverRun"))))
        assert (verdict.outcome, verdict.objectives[0].status) == (Outcome.FAIL, Status.FAIL)

    def test_the_alert_that_says_the_same_is_told_once(self) -> None:
        fired = alert("ObjectiveUndecided", gate="validity")
        unsure = objective(confidence=0.95, interval=self.UNSURE)
        verdict = decide(evidence(objectives=(unsure,), alerts=(*evidence().alerts, fired)))
        assert len(verdict.reasons) == 1

    def test_the_alert_alone_keeps_a_run_from_passing(self) -> None:
        fired = alert("ObjectiveUndecided", gate="validity")
        verdict = decide(evidence(alerts=(*evidence().alerts, fired)))
        assert verdict.outcome is Outcome.INCONCLUSIVE

    def test_runs_of_rules_without_confidence_have_no_such_check(self) -> None:
        assert not [check for check in decide(evidence()).checks if check.name == "confidence"]

    @given(st.floats(0.01, 0.5), st.floats(0.0, 1.0) | st.none(), st.sampled_from([0.0, 0.95]), st.booleans())
    def test_no_run_passes_with_a_bound_beyond_its_limit(
        self, measured: float, high: float | None, confidence: float, only_warns: bool
    ) -> None:
        found = objective(
            measured=measured,
            confidence=confidence,
            only_warns=only_warns,
            interval=Interval(0.0, high, 10.0, "Clopper-Pearson") if confidence else None,
        )
        passes = self.judged(found).outcome is Outcome.PASS
        assert passes == (
            measured <= 0.2 * (1 + 1e-12)
            and (not confidence or only_warns or (high is not None and high <= 0.2 * (1 + 1e-12)))
        )
