"""What the verdict would have been with other thresholds."""

from __future__ import annotations

from swarmscope.objectives import Threshold
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.verdict import Outcome
from swarmscope.verdict.what_if import under
from tests.verdict.builders import alert, evidence

P95 = ("latency_p95_seconds", "", "")
P50 = ("latency_p50_seconds", "", "")


def measured() -> Evidence:
    return evidence(measured={P95: (0.12, 5000.0), P50: (0.04, 5000.0)})


def limit(objective: str, threshold: float, severity: str = "critical") -> Threshold:
    return Threshold(objective, threshold, severity=severity)


def test_a_tighter_threshold_would_have_failed_the_run_that_passed() -> None:
    verdict = decide(under(measured(), [limit("latency_p95_seconds", 0.1)]))
    assert (verdict.outcome, verdict.reasons) == (
        Outcome.FAIL,
        ("latency p95 120 ms, limit 100 ms, over the whole run",),
    )


def test_a_looser_threshold_would_have_passed_the_run_that_failed() -> None:
    failed = alert()
    changed = under(evidence(alerts=(*evidence().alerts, failed)), [limit("latency_p95_seconds", 0.5)])
    assert decide(changed).outcome is Outcome.PASS


def test_what_no_threshold_asked_for_can_be_judged_when_it_was_measured() -> None:
    verdict = decide(under(measured(), [limit("latency_p50_seconds", 0.02)]))
    assert verdict.outcome is Outcome.FAIL
    assert [result.objective.measured for result in verdict.objectives] == [0.04]


def test_what_was_not_measured_is_inconclusive() -> None:
    verdict = decide(under(measured(), [limit("citation_ratio", 0.9)]))
    assert verdict.reasons == ("objectives: 1 of 1 without data: citation ratio",)
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_a_warning_that_was_missed_still_passes() -> None:
    verdict = decide(under(measured(), [limit("latency_p95_seconds", 0.1, "warning")]))
    assert verdict.outcome is Outcome.PASS


def test_doubts_about_the_measurement_stay_doubts() -> None:
    lost = alert("WorkerLost", gate="validity", objective="")
    changed = under(evidence(alerts=(*evidence().alerts, lost)), [limit("latency_p95_seconds", 0.5)])
    assert decide(changed).reasons == ("WorkerLost fired, from 00:56",)


def test_an_alert_of_no_objective_such_as_a_hanging_target_still_fails() -> None:
    hangs = alert("NoRequestsRecorded", objective="")
    changed = under(evidence(alerts=(*evidence().alerts, hangs)), [limit("latency_p95_seconds", 0.5)])
    assert decide(changed).outcome is Outcome.FAIL
