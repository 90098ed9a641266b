"""Conditions that an alert waits for are in the timeline as pending alerts."""

from __future__ import annotations

from dataclasses import replace

from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.alert_spans import pending_alerts
from swarmscope.verdict.decide import decide
from swarmscope.verdict.verdict import Outcome
from tests.verdict.builders import alert, evidence

CONDITION = {
    "__name__": "loadtest:condition_since_seconds",
    "alert": "GeneratorCpuSaturated",
    "run_id": "20260131-120000-smoke",
    "worker": "2",
}


def held(*seconds: float) -> Series:
    return Series(CONDITION, tuple(Sample(each, seconds[0]) for each in seconds))


def test_a_condition_that_did_not_last_is_pending_and_no_doubt() -> None:
    pending = pending_alerts((held(1050, 1052),), ())
    verdict = decide(evidence(alerts=(*evidence().alerts, *pending)))
    (span,) = verdict.timeline
    assert (span.title, span.state, span.gate) == ("GeneratorCpuSaturated (2)", "pending", "validity")
    assert (span.first_seconds, span.last_seconds, span.resolved_seconds) == (1050, 1052, 1054)
    assert verdict.outcome is Outcome.PASS


def test_a_condition_that_lasted_is_pending_until_its_alert_fires() -> None:
    labels = {"objective": "", "gate": "validity", "worker": "2"}
    one = alert("GeneratorCpuSaturated", at=1056.0, **labels)
    fired = replace(
        one,
        labels={name: value for name, value in one.labels.items() if value},
        samples=(Sample(1056.0, 1.0), Sample(1058.0, 1.0)),
    )
    pending = pending_alerts((held(1050, 1052, 1054, 1056, 1058),), (fired,))
    verdict = decide(evidence(alerts=(*evidence().alerts, fired, *pending)))
    assert [(moment.seconds, moment.change) for moment in verdict.moments] == [
        (1050, "pending"),
        (1056, "firing"),
        (1060, "resolved"),
    ]
    assert verdict.reasons == ("GeneratorCpuSaturated 2 fired, from 00:52",)
