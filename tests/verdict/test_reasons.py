"""Why a run has its verdict: in words with figures, each cause once, from when to when."""

from __future__ import annotations

import pytest

from swarmscope.prometheus.series import Sample, Series
from swarmscope.report.wording import breach_of
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import EndpointErrors, Figures, UserSeconds
from swarmscope.verdict.reasons import elapsed
from swarmscope.verdict.worst_endpoint import with_its_samples
from tests.verdict.builders import END, LOAD_START, alert, evidence, objective

CHAT = {"method": "POST", "name": "/api/chat"}


def over(state: str, begin: float, end: float, alertname: str = "ObjectiveMissed", **labels: str) -> Series:
    times = [begin + 2 * step for step in range(int((end - begin) / 2) + 1)]
    return Series({**alert(alertname, state).labels, **labels}, tuple(Sample(at, 1.0) for at in times))


def reasons(*alerts: Series, **changed: object) -> tuple[str, ...]:
    return decide(evidence(alerts=(*evidence().alerts, *alerts), **changed)).reasons


@pytest.mark.parametrize(
    ("seconds", "text"), [(-1.0, "00:00"), (46.4, "00:46"), (80.0, "01:20"), (3723.0, "1:02:03"), (36000.0, "10:00:00")]
)
def test_a_time_is_since_the_load_began(seconds: float, text: str) -> None:
    assert elapsed(seconds) == text


def test_one_reason_says_by_how_much_and_from_when_to_when_an_objective_was_missed_whichever_alerts_said_so() -> None:
    labels = {"objective": "endpoint_latency_p95_seconds", **CHAT}
    slow = objective(objective="endpoint_latency_p95_seconds", threshold=3.0, measured=3.4, **CHAT)
    spans = (over("pending", 1050.0, 1078.0, **labels), over("firing", 1080.0, 1084.0, **labels))
    at_the_end = over("firing", END + 3, END + 3, "ObjectiveMissedOverRun", **labels)
    assert reasons(*spans, at_the_end, objectives=(slow,)) == (
        "latency p95 of POST /api/chat 3.4 s, limit 3 s, over it from 00:46 to 01:20",
    )


def test_what_was_missed_for_a_minute_alone_is_told_by_its_worst_minute() -> None:
    calm = objective(measured=0.12, worst=Sample(1070.0, 0.48))
    assert reasons(over("firing", 1050.0, 1060.0), objectives=(calm,)) == (
        "latency p95 480 ms in the worst minute (120 ms over the whole run), limit 200 ms, over it from 00:46 to 00:56",
    )


def test_several_stretches_are_counted_and_a_lower_bound_is_below() -> None:
    rate = objective(objective="throughput_requests_per_second", bound="min", threshold=500.0, measured=400.0)
    labels = {"objective": rate.objective}
    found = reasons(
        over("firing", 1010.0, 1020.0, **labels), over("firing", 1050.0, 1060.0, **labels), objectives=(rate,)
    )
    assert found == ("throughput requests per second 400.0/s, limit 500.0/s, below it 2 times from 00:06 to 00:56",)


def test_the_worst_endpoint_is_named() -> None:
    ratio = objective(objective="endpoint_error_ratio", threshold=0.5, measured=0.857)
    fired = Series(alert("ObjectiveMissedOverRun", objective=ratio.objective).labels, (Sample(END + 3, 1.0),))
    figures = Figures(endpoint_errors=(EndpointErrors("POST", "/buy", 14, 12, {"http_5xx": 12}),))
    assert reasons(fired, objectives=(ratio,), figures=figures) == (
        "endpoint error ratio 85.7 % (POST /buy, 12 of 14), limit 50 %, over the whole run",
    )


def test_what_was_missed_in_the_end_is_told_with_the_time_since_when_and_so_is_the_first_breach() -> None:
    missed = objective(measured=0.48, missed_since_seconds=LOAD_START + 26)
    fired = Series(alert("ObjectiveMissedOverRun", objective=missed.objective).labels, (Sample(END + 3, 1.0),))
    assert reasons(fired, objectives=(missed,)) == ("latency p95 480 ms, limit 200 ms, over it from 00:26 to the end",)
    verdict = decide(evidence(objectives=(missed,), alerts=(fired,)))
    assert verdict.first_breach is not None
    assert verdict.first_breach.crossed_seconds == LOAD_START + 26
    assert breach_of(verdict).startswith("latency p95 at 00:26 (")


def test_the_ratio_of_the_worst_endpoint_rests_on_the_requests_to_that_endpoint() -> None:
    ratio = objective(objective="endpoint_error_ratio", threshold=0.5, measured=0.333, samples=3765.0)
    figures = Figures(endpoint_errors=(EndpointErrors("POST", "/pay", 42, 14), EndpointErrors("GET", "/", 9, 9)))
    found = with_its_samples(evidence(objectives=(ratio, objective()), figures=figures))
    assert [each.samples for each in found.objectives] == [42.0, 5000.0]
    assert with_its_samples(evidence(objectives=(ratio,))).objectives[0].samples == 3765.0


def test_another_alert_says_what_its_rule_says_of_it_and_how_often() -> None:
    lost = {"alertname": "WorkerLost", "gate": "validity", "objective": "", "worker": "3"}
    spans = (over("firing", 1010.0, 1020.0, **lost), over("firing", 1050.0, 1060.0, **lost))
    assert reasons(*spans, summaries={"WorkerLost": "A worker was lost"}) == (
        "A worker was lost (WorkerLost 3), 2 times from 00:06",
    )


def test_an_alert_is_not_told_beside_the_check_that_says_the_same_with_figures() -> None:
    labels = {"gate": "validity", "objective": ""}
    short = over("firing", 1010.0, 1020.0, alertname="UsersBelowTarget", **labels)
    found = reasons(short, user_seconds=UserSeconds(100.0, 90.0))
    assert found == ("users: 10.0% of 100 user-seconds that were asked for",)
    assert reasons(short) == ("UsersBelowTarget fired, from 00:06",)


def test_an_objective_without_data_is_told_once_and_one_that_no_check_names_by_its_alert() -> None:
    silent = objective(objective="error_ratio", measured=None)
    without = [
        over("firing", END + 3, END + 7, alertname="ObjectiveWithoutData", gate="validity", objective=name)
        for name in ("error_ratio", "citation_ratio")
    ]
    found = reasons(*without, objectives=(objective(), silent))
    assert found == (
        "objectives: 1 of 2 without data: error ratio",
        "ObjectiveWithoutData citation_ratio fired, from 02:03",
    )


def test_the_first_breach_is_the_objective_that_was_over_its_threshold_first_and_not_the_first_to_be_told() -> None:
    early = over("pending", 1020.0, 1070.0, objective="error_ratio")
    told_late = over("firing", 1072.0, 1080.0, objective="error_ratio")
    quick = over("firing", 1050.0, 1060.0)
    passing = over("pending", 1006.0, 1010.0, objective="latency_p99_seconds")
    breach = decide(evidence(alerts=(*evidence().alerts, early, told_late, quick, passing))).first_breach
    assert breach is not None
    assert (breach.span.subject, breach.span.first_seconds, breach.crossed_seconds) == ("error_ratio", 1072.0, 1020.0)
