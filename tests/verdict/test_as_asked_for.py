"""A run that was not what was asked for, shorter or with fewer users, and an endpoint that is broken."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import EndpointErrors, Figures, UserSeconds
from tests.verdict.builders import LOAD_START, alert, evidence, objective


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (
            {"ending": "stopped"},
            "the run ended after 40 s of the 120 s that were planned: it was stopped before its end",
        ),
        (
            {"ending": "quit", "planned_seconds": None},
            "the run ended after 40 s: the users' code, a signal or the loss of the last worker ended it",
        ),
        ({"ending": ""}, "the run ended after 40 s of the 120 s that were planned: how it ended is not known"),
    ],
)
def test_a_run_that_ended_before_its_time_is_inconclusive_and_says_how(changed: dict[str, Any], reason: str) -> None:
    run = replace(evidence().run, phases={"stopping": LOAD_START + 40}, **changed)
    assert decide(evidence(run=run)).reasons == (f"run: {reason}",)


def test_a_run_that_ended_as_planned_says_how_long_it_was_under_load() -> None:
    (figure,) = [check.figure for check in decide(evidence()).checks if check.name == "run"]
    assert figure == "120 s under load, ended as planned"


@pytest.mark.parametrize(
    ("delivered", "reasons"),
    [
        (UserSeconds(1000.0, 50.0), ()),
        (UserSeconds(1000.0, 51.0), ("users: 94.9% of 1000 user-seconds that were asked for",)),
        (UserSeconds(0.0, 0.0), ("users: 0.0% of 0 user-seconds that were asked for",)),
        (None, ("users: how many users were asked for is not known",)),
    ],
)
def test_fewer_than_95_percent_of_the_user_seconds_asked_for_are_inconclusive(
    delivered: UserSeconds | None, reasons: tuple[str, ...]
) -> None:
    assert decide(evidence(user_seconds=delivered)).reasons == reasons


def test_a_broken_endpoint_is_named_in_the_reason() -> None:
    of = "endpoint_error_ratio"
    errors = (
        EndpointErrors("GET", "/rare", 9, 9),
        EndpointErrors("GET", "/own", 20, 19),
        EndpointErrors("POST", "/checkout", 14, 12),
    )
    limits = (
        objective(objective=of, threshold=0.5, measured=12 / 14),
        objective(objective=of, threshold=0.99, measured=0.95, method="GET", name="/own"),
    )
    fired = alert("ObjectiveMissedOverRun", objective=of)
    broken = evidence(objectives=limits, figures=Figures(endpoint_errors=errors))
    verdict = decide(replace(broken, alerts=(*broken.alerts, fired)))
    assert verdict.reasons == (
        "endpoint error ratio 85.7 % (POST /checkout, 12 of 14), limit 50 %, over the whole run",
        "endpoints: 1 failed each time and were asked rarely: GET /rare (9)",
    )
