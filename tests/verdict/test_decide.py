"""The decision: what passes, what fails, and what may never pass."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.decide import decide
from swarmscope.verdict.verdict import Outcome, Status
from tests.verdict.builders import (
    END,
    GROUPS,
    INTERVAL,
    LOAD_START,
    START,
    alert,
    every_two_seconds,
    evidence,
    judged,
    ledger,
    objective,
    threshold,
    watched,
)


def test_a_complete_run_without_a_fired_alert_passes() -> None:
    verdict = decide(evidence())
    assert (verdict.outcome, verdict.reasons) == (Outcome.PASS, ())
    assert verdict.outcome.exit_code == 0
    assert all(check.ok for check in verdict.checks)


def test_a_fired_critical_objective_fails_the_run_and_is_named() -> None:
    measured = (objective(measured=0.31),)
    verdict = decide(evidence(objectives=measured, alerts=(*evidence().alerts, alert())))
    assert (verdict.outcome, verdict.outcome.exit_code) == (Outcome.FAIL, 1)
    assert verdict.reasons == ("latency p95 310 ms, limit 200 ms, over it from 00:56 to 00:56",)
    assert [result.status for result in verdict.objectives] == [Status.FAIL]
    assert verdict.objectives[0].alerts == ("ObjectiveMissed",)


def test_a_fail_is_a_fail_even_with_gaps_and_lists_them_too() -> None:
    verdict = decide(evidence(alerts=(*evidence().alerts, alert()), exporter_up=(), problems=("Prometheus is away",)))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reasons[0] == "latency p95 120 ms, limit 200 ms, over it from 00:56 to 00:56"
    assert "evidence: Prometheus is away" in verdict.reasons


def test_an_alert_that_was_only_pending_does_not_fail_a_run() -> None:
    assert decide(evidence(alerts=(*evidence().alerts, alert(state="pending")))).outcome is Outcome.PASS


def test_a_warning_is_reported_and_passes() -> None:
    p99 = objective(objective="latency_p99_seconds", severity="warning", threshold=1.0, measured=1.4)
    fired = alert("ObjectiveMissedOverRun", severity="warning", objective="latency_p99_seconds")
    verdict = decide(evidence(objectives=(p99,), alerts=(*evidence().alerts, fired)))
    assert verdict.outcome is Outcome.PASS
    assert [result.status for result in verdict.objectives] == [Status.WARNING]


def test_one_alert_that_fires_for_several_objectives_is_told_for_each() -> None:
    chat = {"method": "POST", "name": "/api/chat"}
    slow = objective(objective="endpoint_latency_p95_seconds", measured=0.3, **chat)
    failing = objective(objective="error_ratio", threshold=0.05, measured=0.07)
    of_chat = Series({**alert(objective="endpoint_latency_p95_seconds").labels, **chat}, (Sample(1060.0, 1.0),))
    fired = (of_chat, alert(objective="error_ratio", at=1062.0))
    verdict = decide(evidence(objectives=(objective(), failing, slow), alerts=(*evidence().alerts, *fired)))
    assert verdict.reasons == (
        "latency p95 of POST /api/chat 300 ms, limit 200 ms, over it from 00:56 to 00:56",
        "error ratio 7 %, limit 5 %, over it from 00:58 to 00:58",
    )
    assert [result.status for result in verdict.objectives] == [Status.PASS, Status.FAIL, Status.FAIL]


def test_an_alert_at_the_warning_threshold_leaves_the_critical_one_of_the_same_objective_met() -> None:
    critical = objective(threshold=0.5, measured=0.3)
    warning = objective(threshold=0.2, measured=0.3, severity="warning")
    fired = alert(severity="warning")
    verdict = decide(evidence(objectives=(critical, warning), alerts=(*evidence().alerts, fired)))
    assert verdict.outcome is Outcome.PASS
    assert [(result.status, result.alerts) for result in verdict.objectives] == [
        (Status.PASS, ()),
        (Status.WARNING, ("ObjectiveMissed",)),
    ]


def test_a_missed_critical_threshold_for_which_only_the_warning_fired_is_a_contradiction() -> None:
    critical = objective(threshold=0.2, measured=0.3)
    warning = objective(threshold=0.1, measured=0.3, severity="warning")
    verdict = decide(evidence(objectives=(critical, warning), alerts=(*evidence().alerts, alert(severity="warning"))))
    assert verdict.reasons == ("alerts: latency p95 measured 0.3 against 0.2, yet no alert fired",)


def test_a_validity_alert_is_inconclusive() -> None:
    lost = alert("WorkerLost", gate="validity", objective="", worker="1")
    verdict = decide(evidence(alerts=(*evidence().alerts, lost)))
    assert (verdict.outcome, verdict.outcome.exit_code) == (Outcome.INCONCLUSIVE, 2)
    assert verdict.reasons == ("WorkerLost 1 fired, from 00:56",)


SATURATED = alert("GeneratorCpuSaturated", gate="validity", objective="", worker="0")


@pytest.mark.parametrize(
    "missed",
    [
        "latency_p95_seconds",
        "endpoint_latency_p95_seconds",
        "service_time_p95_seconds",
        "throughput_requests_per_second",
        "dropped_arrivals_ratio",
    ],
)
def test_what_a_saturated_generator_may_have_brought_about_itself_is_inconclusive(missed: str) -> None:
    verdict = decide(evidence(alerts=(*evidence().alerts, alert(objective=missed), SATURATED)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reasons[0].endswith(", as measured by a saturated generator")
    assert verdict.reasons[1:] == ("GeneratorCpuSaturated 0 fired, from 00:56",)


def test_errors_fail_a_run_with_a_saturated_generator_too_and_so_does_a_time_with_another_doubt() -> None:
    missed = (alert(), alert(objective="error_ratio"), SATURATED)
    failing = objective(objective="error_ratio", threshold=0.05, measured=0.07)
    verdict = decide(evidence(objectives=(objective(), failing), alerts=(*evidence().alerts, *missed)))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reasons[0] == "error ratio 7 %, limit 5 %, over it from 00:56 to 00:56"
    lost = alert("WorkerLost", gate="validity", objective="", worker="1")
    assert decide(evidence(alerts=(*evidence().alerts, alert(), lost))).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("gate", "outcome"),
    [("objective", Outcome.FAIL), ("validity", Outcome.INCONCLUSIVE), ("other", Outcome.INCONCLUSIVE)],
)
def test_an_alert_of_the_users_own_gates_as_its_label_says_and_without_severity_counts_as_the_worst(
    gate: str, outcome: Outcome
) -> None:
    bare = Series({"alertname": "Mine", "alertstate": "firing", "gate": gate}, (Sample(1050.0, 1.0),))
    verdict = decide(evidence(alerts=(*evidence().alerts, bare)))
    assert (verdict.outcome, verdict.reasons, verdict.warnings) == (outcome, ("Mine fired, from 00:46",), ())


def test_an_alert_without_a_gate_is_named_and_decides_nothing() -> None:
    labels = {"alertname": "Mine", "severity": "critical", "instance": "db"}
    firing = Series({**labels, "alertstate": "firing"}, (Sample(1050.0, 1.0), Sample(1090.0, 1.0)))
    pending = Series({**labels, "alertname": "Other", "alertstate": "pending"}, (Sample(1050.0, 1.0),))
    verdict = decide(evidence(alerts=(*evidence().alerts, firing, pending)))
    assert (verdict.outcome, verdict.reasons) == (Outcome.PASS, ())
    assert verdict.warnings == ("Mine db fired, 2 times from 00:46: it has no gate, so it decides nothing",)


def test_the_first_breach_is_the_earliest_critical_objective() -> None:
    late = alert(at=1090.0, objective="error_ratio")
    early = alert(at=1070.0)
    validity = alert("WorkerLost", at=1010.0, gate="validity")
    verdict = decide(evidence(alerts=(*evidence().alerts, late, early, validity)))
    assert verdict.first_breach is not None
    assert (verdict.first_breach.span.subject, verdict.first_breach.crossed_seconds) == ("latency_p95_seconds", 1070.0)
    assert [span.title for span in verdict.timeline] == [
        "WorkerLost (latency_p95_seconds)",
        "latency p95",
        "error ratio",
    ]


def test_a_missed_objective_for_which_no_alert_fired_is_a_contradiction_not_a_pass() -> None:
    verdict = decide(evidence(objectives=(objective(measured=0.25),)))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reasons == ("alerts: latency p95 measured 0.25 against 0.2, yet no alert fired",)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"problems": ("Prometheus did not answer",)}, "evidence: Prometheus did not answer"),
        ({"objectives": ()}, "objectives: no threshold is in force for scenario 'smoke'"),
        ({"objectives": (objective(measured=None),)}, "objectives: 1 of 1 without data: latency p95"),
        ({"exporter_up": ()}, "exporter scraped: 0 good scrapes (60 expected), longest gap 120.0 s"),
        ({"watched_groups": ()}, "rules evaluated: no rule group carries RunWatched"),
        ({"rule_failures": 1.0}, "rule health: 1 failed and 0 missed evaluations"),
        ({"rule_misses": 2.0}, "rule health: 0 failed and 2 missed evaluations"),
        ({"rule_failures": None}, "rule health: Prometheus does not scrape itself: failed evaluations are unknown"),
        (
            {"ledger": ledger(workers={"0": 600, "1": 401})},
            (
                "ledger: workers 1001 (600 + 401) ≠ Locust 1000 = exporter 1000 = Prometheus 1000:"
                " 1 lost between workers and Locust"
            ),
        ),
        (
            {"ledger": ledger(prometheus=990)},
            (
                "ledger: workers 1000 (600 + 400) = Locust 1000 = exporter 1000 ≠ Prometheus 990:"
                " 10 lost between exporter and Prometheus"
            ),
        ),
        (
            {"ledger": ledger(locust=None)},
            "ledger: workers 1000 (600 + 400), Locust ?, exporter 1000 = Prometheus 1000",
        ),
        (
            {"ledger": ledger(target=979)},
            "ledger: target: target counted 979, expected 980 answered (+ up to 0 unanswered, 0 cut off by the stop)",
        ),
        (
            {"ledger": ledger(target=984, unanswered=2, cut_off=1)},
            "ledger: target: target counted 984, expected 980 answered (+ up to 2 unanswered, 1 cut off by the stop)",
        ),
        (
            {"ledger": ledger(cut_off=2), "peak_users": 10.0},
            "ledger: cut off: 2 requests of 10 users had no answer when the stop timeout was over",
        ),
        (
            {"ledger": ledger(timed=996)},
            "ledger: histogram: 996 latencies + 3 requests without a time, of 1000 requests",
        ),
        (
            {"ledger": ledger(timed=None)},
            "ledger: histogram: ? latencies + 3 requests without a time, of 1000 requests",
        ),
        (
            {"publishers": ("loadtest 127.0.0.1:9646", "pushgateway 10.0.0.7:9091")},
            (
                "series: published by 2 targets: loadtest 127.0.0.1:9646, pushgateway 10.0.0.7:9091;"
                " expected the exporter alone"
            ),
        ),
        ({"publishers": ()}, "series: no series of this run; expected the exporter alone"),
        (
            {"refused_metrics": ("loadtest_requests", "up")},
            "series: the locustfile's metrics have reserved names: loadtest_requests, up",
        ),
        ({"unhandled_exceptions": 3}, "locustfile: 3 unhandled exceptions: see the logs of Locust"),
        ({"unhandled_exceptions": None}, "locustfile: whether listeners of the locustfile raised is not known"),
        ({"reloads": 1}, "rules unchanged: Prometheus read its rules again 1 time(s) during the run"),
        (
            {"thresholds": (threshold("error_ratio", 0.05, every_two_seconds(START, 1050.0)),)},
            "rules unchanged: the threshold error_ratio was not in force for 74 s",
        ),
        ({"ledger": ledger(target=None)}, "ledger: target: the target's own counter is not known"),
    ],
)
def test_whatever_is_missing_is_inconclusive_with_its_figure(changed: dict[str, Any], reason: str) -> None:
    verdict = decide(evidence(**changed))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert reason in verdict.reasons


def test_a_warning_is_named_and_decides_nothing() -> None:
    verdict = decide(evidence(warnings=("the response times of grpc look like seconds",)))
    assert (verdict.outcome, verdict.reasons) == (Outcome.PASS, ())
    assert verdict.warnings == ("the response times of grpc look like seconds",)


def test_an_objective_that_rests_on_too_few_observations_is_inconclusive() -> None:
    rare = objective(objective="endpoint_latency_p95_seconds", method="POST", name="/upload", samples=3.0)
    assert decide(evidence(objectives=(rare,), min_samples=3)).outcome is Outcome.PASS
    verdict = decide(evidence(objectives=(objective(), rare), min_samples=4))
    assert (verdict.outcome, verdict.reasons) == (
        Outcome.INCONCLUSIVE,
        ("objectives: 1 of 2 with fewer than 4 samples: endpoint latency p95 POST /upload (3)",),
    )


def test_the_objective_with_the_fewest_samples_is_named_in_every_verdict() -> None:
    rare = objective(objective="citation_ratio", bound="min", threshold=0.1, samples=7.0)
    figures = {check.name: check.figure for check in decide(evidence(objectives=(objective(), rare))).checks}
    assert figures["objectives"] == "2 of 2 measured, the fewest samples 7 (citation ratio)"


def test_a_run_of_no_requests_at_all_is_inconclusive() -> None:
    nothing = ledger(workers={"0": 0}, locust=0, exporter=0, prometheus=0, http_answered=0, target=0)
    assert decide(evidence(ledger=nothing)).outcome is Outcome.INCONCLUSIVE


def test_a_target_that_publishes_no_counter_is_said_and_is_no_gap_unless_it_is_expected() -> None:
    verdict = decide(evidence(ledger=ledger(target=None, target_expected=False)))
    assert verdict.outcome is Outcome.PASS
    assert verdict.checks[-2].figure == "the target's own counter is not known"


def test_requests_of_unknown_fate_may_or_may_not_have_been_counted_by_the_target() -> None:
    for target in (980, 981, 983):
        assert decide(evidence(ledger=ledger(target=target, unanswered=3, cut_off=0))).outcome is Outcome.PASS


def test_each_redirect_to_its_own_origin_must_have_been_counted_by_the_target() -> None:
    for target, outcome in ((1187, Outcome.INCONCLUSIVE), (1188, Outcome.PASS), (1189, Outcome.INCONCLUSIVE)):
        verdict = decide(evidence(ledger=ledger(target=target, redirects=208)))
        figures = {check.name: check.figure for check in verdict.checks}
        assert verdict.outcome is outcome
        assert figures["ledger: target"] == (
            f"target counted {target}, expected 980 answered + 208 redirected"
            " (+ up to 0 unanswered, 0 cut off by the stop)"
        )


def test_what_is_redirected_elsewhere_or_has_no_http_status_may_have_been_counted_by_the_target() -> None:
    uncertain = {"redirects_elsewhere": 3, "without_status": 2}
    for target, outcome in ((979, Outcome.INCONCLUSIVE), (980, Outcome.PASS), (985, Outcome.PASS)):
        assert decide(evidence(ledger=ledger(target=target, **uncertain))).outcome is outcome
    assert decide(evidence(ledger=ledger(target=986, **uncertain))).reasons == (
        (
            "ledger: target: target counted 986, expected 980 answered (+ up to 0 unanswered, 0 cut off by the stop,"
            " 3 redirected to another origin, 2 without an HTTP status)"
        ),
    )


def test_an_interrupted_run_is_inconclusive_and_says_why() -> None:
    run = replace(evidence().run, interrupted="interrupted after 40 s")
    verdict = decide(evidence(run=run))
    assert (verdict.outcome, verdict.reasons) == (Outcome.INCONCLUSIVE, ("run: interrupted after 40 s",))


def test_a_run_that_never_ended_is_inconclusive() -> None:
    run = replace(evidence().run, end_seconds=None, end_seen_seconds=None)
    assert "run: the run never declared its totals final" in decide(evidence(run=run)).reasons


def test_a_group_that_was_not_evaluated_on_the_final_totals_has_not_judged_the_run() -> None:
    stopped_early = watched(GROUPS[1], every_two_seconds(START, END))
    verdict = decide(evidence(alerts=(watched(GROUPS[0]), stopped_early, judged())))
    assert verdict.reasons == (
        "rules evaluated: loadtest-run: 61 evaluations (60 expected), longest gap 2.0 s, none after the end",
    )


def test_a_run_whose_final_totals_no_rule_saw_is_inconclusive() -> None:
    for alerts in (tuple(map(watched, GROUPS)), (*map(watched, GROUPS), judged(at=END - 60))):
        verdict = decide(evidence(alerts=alerts))
        assert verdict.reasons == ("run judged: RunJudged did not fire: no rule saw the final totals",)


def test_one_failed_scrape_is_a_gap() -> None:
    up = tuple(replace(s, value=0.0) if s.timestamp_seconds == 1050 else s for s in every_two_seconds())
    verdict = decide(evidence(exporter_up=up))
    assert verdict.reasons == ("exporter scraped: 60 good scrapes (60 expected), longest gap 2.0 s",)


@given(
    start=st.floats(LOAD_START, END - 3 * INTERVAL),
    length=st.floats(3 * INTERVAL, 60.0),
    hit=st.sampled_from(["exporter", *GROUPS]),
)
def test_dropping_any_span_longer_than_two_intervals_is_never_a_pass(start: float, length: float, hit: str) -> None:
    kept = tuple(s for s in every_two_seconds() if not start <= s.timestamp_seconds <= start + length)
    if hit == "exporter":
        changed = evidence(exporter_up=kept)
    else:
        changed = evidence(alerts=(*(watched(group, kept if group == hit else None) for group in GROUPS), judged()))
    assert decide(changed).outcome is not Outcome.PASS


def test_a_threshold_that_was_changed_for_a_moment_is_no_pass() -> None:
    loosened = threshold("error_ratio", 0.05).samples
    changed = (*loosened[:10], replace(loosened[10], value=0.9), *loosened[11:])
    verdict = decide(evidence(thresholds=(replace(threshold("error_ratio", 0.05), samples=changed),)))
    assert verdict.reasons == ("rules unchanged: the threshold error_ratio was 0.05, then 0.9",)


@pytest.mark.parametrize(
    ("begins", "ends", "outcome"),
    [
        (1050.0, END + 8, Outcome.PASS),  # with the first request to its endpoint
        (1050.0, 1060.0, Outcome.INCONCLUSIVE),
    ],
)
def test_a_threshold_of_a_pattern_may_come_into_force_late_and_not_go(
    begins: float, ends: float, outcome: Outcome
) -> None:
    late = threshold("endpoint_error_ratio", 0.05, every_two_seconds(begins, ends))
    of_pattern = replace(late, labels={**late.labels, "pattern": "GET /items/*"})
    assert decide(evidence(thresholds=(threshold("error_ratio", 0.05), of_pattern))).outcome is outcome
    assert decide(evidence(thresholds=(threshold("error_ratio", 0.05), late))).outcome is Outcome.INCONCLUSIVE


def test_a_few_requests_that_the_stop_cuts_off_are_no_gap_in_a_large_run() -> None:
    large = {"workers": {"0": 90_000}, "locust": 90_000, "exporter": 90_000, "prometheus": 90_000}
    counted = ledger(**large, timed=90_000, untimed=0, http_answered=90_000, target=90_002, cut_off=5)
    assert decide(evidence(ledger=counted, peak_users=100.0)).outcome is Outcome.PASS
    assert decide(evidence(ledger=counted, peak_users=99.0)).outcome is Outcome.INCONCLUSIVE


def test_a_misspelt_severity_or_gate_is_no_reason_to_pass() -> None:
    for misspelt in (alert(severity="critcal"), alert(gate="objektive")):
        assert decide(evidence(alerts=(*evidence().alerts, misspelt))).outcome is not Outcome.PASS
