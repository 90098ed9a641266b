"""verdict.json read back: the report that is made again shows what the first one did."""

import json
from dataclasses import replace

import pytest

from swarmscope.objectives import Objective
from swarmscope.prometheus.series import Sample
from swarmscope.report.html.verdict_view import judgement_of
from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import (
    ArrivalCounts,
    Arrivals,
    EndpointErrors,
    EndpointFigures,
    Evidence,
    Figures,
    LeftOut,
    OwnCost,
    TracedRequest,
)
from swarmscope.verdict.steadiness import P50, Shift, Steadiness
from swarmscope.verdict.stored import judged_run
from swarmscope.verdict.user_facts import FailureMessage, TaskException, UserFacts
from swarmscope.verdict.verdict import JudgedRun
from tests.verdict.builders import alert, evidence, objective

CONTEXT = {"workers": 2, "run_time_seconds": 120.0, "locustfile": "shop.py", "machine": "Linux", "min_samples": 1}


def full() -> Evidence:
    """Return evidence with something in every field that verdict.json holds."""
    whole = evidence()
    slow: Objective = objective(measured=0.5, method="POST", name="/a", worst=Sample(1090.0, 0.75))
    unmeasured: Objective = objective(objective="citation_ratio", bound="min", measured=None, samples=None)
    return replace(
        whole,
        run=replace(
            whole.run, phases={"ramp": 1004.0, "steady": 1010.0}, interrupted="by Ctrl-C", end_seen_seconds=None
        ),
        objectives=(slow, unmeasured),
        alerts=(*whole.alerts, alert(method="POST", name="/a"), alert(state="pending", at=1050.0)),
        users=UserFacts(
            begun=990,
            without_event={"GET /b": 2},
            iterations=500,
            iterations_of={"Buyer": 5},
            missed_starts={"Buyer": 1},
            exceptions=(TaskException("Buyer", "KeyError", after_failed_request=False, count=3, traceback="File\n x"),),
            silent=1,
            cut_off=0,
            exit_code=3,
            failures=(FailureMessage("GET", "/b", "http_5xx", "500 Server Error", 4, 1010.0, 1020.0),),
        ),
        figures=Figures(
            requests=900,
            failures=4,
            endpoints=(EndpointFigures("GET", "/b", 900, 4, 7.5, 0.1, 0.2, 0.3, 0.5),),
            cache_hits=3,
            cache_misses=1,
            measured={"error_ratio": 0.004},
            own_cost=OwnCost({"recorder": 0.01}, 0.02, 0.003),
            slowest_traces=(TracedRequest("GET", "/a", "failure", 0.25, "4bf9", 1100.0),),
            ramp_requests=50,
            ramp_failures=1,
            endpoint_errors=(EndpointErrors("POST", "/a", 20, 4, {"http_5xx": 4}),),
            left_out=(LeftOut("WS", "judged_apart", 30, 0.03),),
        ),
        arrivals=Arrivals(9, 5, 2, 1, 1, {"0": ArrivalCounts(8, 5, 2, 1)}, 0.001, 0.02),
        steadiness=Steadiness(1030.0, 1010.0, 19, 6.0, (Shift(P50, 0.2, 0.1),)),
        warnings=("grpc looks like seconds",),
    )


@pytest.mark.parametrize("found", [evidence(run=replace(evidence().run, end_seen_seconds=None)), full()])
def test_what_is_read_back_is_what_was_written(found: Evidence) -> None:
    judged = JudgedRun(decide(found), CONTEXT)
    again = judged_run(json.loads(to_json(judged)))
    assert again == judged
    assert judgement_of(again) == judgement_of(judged)


def test_a_document_with_a_field_that_is_gone_and_without_newer_ones_is_read() -> None:
    judged = JudgedRun(decide(evidence()), CONTEXT)
    older = json.loads(to_json(judged))
    older["figures"]["own_cost"]["late_sends"] = 4
    del older["arrivals"], older["steadiness"], older["users"]["missed_starts"]
    assert judged_run(older).verdict.figures == judged.verdict.figures
    assert judged_run(older).verdict.arrivals is None


def test_every_field_of_the_verdict_has_a_value_in_the_evidence_that_is_read_back() -> None:
    verdict = decide(full())
    empty = [
        name for part in (verdict, verdict.figures, verdict.users) for name, value in vars(part).items() if not value
    ]
    assert empty == ["cut_off"]
