"""An endpoint that failed each time is no PASS, however rarely it was asked."""

from __future__ import annotations

import pytest

from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import EndpointErrors, Figures
from swarmscope.verdict.verdict import Outcome
from tests.verdict.builders import evidence, objective

OWN = objective(objective="endpoint_error_ratio", method="GET", name="/login", threshold=1.0, measured=1.0)


@pytest.mark.parametrize(
    ("requests", "failures", "outcome"),
    [
        (5, 5, Outcome.INCONCLUSIVE),
        (3, 3, Outcome.INCONCLUSIVE),
        (2, 2, Outcome.PASS),  # may be chance
        (9, 8, Outcome.PASS),
        (10, 10, Outcome.PASS),  # which the objective of all endpoints judges
    ],
)
def test_an_endpoint_without_a_success_is_told(requests: int, failures: int, outcome: Outcome) -> None:
    figures = Figures(endpoint_errors=(EndpointErrors("GET", "/login", requests, failures),))
    verdict = decide(evidence(figures=figures))
    assert verdict.outcome is outcome
    if outcome is Outcome.INCONCLUSIVE:
        told = f"endpoints: 1 failed each time and were asked rarely: GET /login ({requests})"
        assert verdict.reasons == (told,)


def test_an_endpoint_with_a_threshold_of_its_own_is_judged_by_that() -> None:
    figures = Figures(endpoint_errors=(EndpointErrors("GET", "/login", 5, 5),))
    assert decide(evidence(figures=figures, objectives=(objective(), OWN))).outcome is Outcome.PASS
    any_endpoint = objective(objective="endpoint_error_ratio", threshold=1.0, measured=1.0)
    assert decide(evidence(figures=figures, objectives=(objective(), any_endpoint))).outcome is Outcome.PASS
