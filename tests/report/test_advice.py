"""The recommendation at the end of a run is driven by the objectives that were missed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swarmscope.objectives import BUILT_IN, Interval, ObjectiveKind
from swarmscope.project import settings
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.prometheus.rule_files import read_rules
from swarmscope.prometheus.thresholds import known_objectives
from swarmscope.report.advice import advice_on, recommendation, recommendation_of
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Arrivals, EndpointErrors, Figures, UserSeconds
from swarmscope.verdict.user_facts import TaskException
from swarmscope.verdict.verdict import ObjectiveResult, Outcome, Status
from tests.verdict.builders import alert, evidence, ledger, objective, users


def missed(name: str, status: Status = Status.FAIL) -> ObjectiveResult:
    return ObjectiveResult(objective(objective=name), status, ())


@pytest.mark.parametrize("name", known_objectives(read_rules(DEFAULT_RULES)))
def test_there_is_advice_on_every_objective_that_the_rules_measure(name: str) -> None:
    assert advice_on(name) not in {"", advice_on("my_own_ratio")}


def test_a_project_gives_advice_on_its_own_objectives() -> None:
    own = project().objectives["citation_ratio"]
    assert own.advice == "Answers lack citations: is the knowledge base seeded and its search index built?"
    assert recommendation(Outcome.FAIL, [missed("citation_ratio")]) == (own.advice,)


def test_a_project_that_says_nothing_of_a_built_in_objective_leaves_its_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    own = replace(project(), objectives={"error_ratio": ObjectiveKind("max")})
    monkeypatch.setattr(settings, "project", lambda: own)
    assert advice_on("error_ratio") == BUILT_IN["error_ratio"].advice


def test_each_kind_of_miss_is_spoken_of_once_the_failed_before_those_only_warned_of() -> None:
    slow = missed("endpoint_latency_p95_seconds")
    results = [
        missed("latency_p99_seconds", Status.WARNING),
        slow,
        replace(slow, objective=replace(slow.objective, name="/other")),
        missed("error_ratio", Status.PASS),
    ]
    assert recommendation(Outcome.FAIL, results) == (
        "One endpoint is slow: profile its queries and the services that it calls.",
        "One request in a hundred is slow: look for locks, garbage collection and cold caches.",
    )


def test_a_gap_in_the_evidence_comes_first() -> None:
    found = recommendation(Outcome.INCONCLUSIVE, [missed("error_ratio", Status.NO_DATA)])
    assert len(found) == 1
    assert found[0].startswith("The evidence has a gap: fix what the reasons name, then run again.")


def test_users_that_do_not_get_through_their_on_start_are_the_cause_of_what_else_is_missing() -> None:
    raised = TaskException("Buyer", "JSONDecodeError", after_failed_request=False, count=5)
    verdict = decide(
        evidence(
            users=users(iterations=0, iterations_of={}, exceptions=(raised,)),
            objectives=(objective(measured=None),),
            user_seconds=UserSeconds(100, 90),
        )
    )
    assert verdict.reasons[0].startswith("task exceptions: 5 exceptions in 0 tasks: Buyer JSONDecodeError (5)")
    (sentence,) = recommendation_of(verdict)
    assert sentence == (
        "No user of Buyer came to the end of a task (JSONDecodeError): the traceback names the line, often of a login"
        " in on_start. Correct it, and try it with the same command and `--users 1 --run-time 10s`."
    )


@pytest.mark.parametrize(
    ("changed", "begin"),
    [
        ({"problems": ("Prometheus does not answer",)}, "Prometheus did not answer, or lacks this run"),
        ({"user_seconds": UserSeconds(100, 90)}, "Fewer users ran than were asked for"),
        ({"unhandled_exceptions": 1}, "A listener of the locustfile raised"),
        ({"users": users(without_event={"GET /x": 3})}, "Use `with` around requests with catch_response=True"),
        ({"users": users(silent=500)}, "Users waited for answers that never came"),
        ({"objectives": (objective(measured=None),)}, "Compare the names in the thresholds with the endpoints"),
        ({"ledger": ledger(target=3)}, "Let only this test call the API"),
        ({"arrivals": Arrivals(9, 8, 0, 0, 1)}, "Arrivals were lost, as a worker was"),
        ({"ledger": ledger(prometheus=3)}, "Requests were lost on their way to Prometheus"),
        ({"rule_misses": 2.0}, "Prometheus missed evaluations"),
        ({"alerts": ()}, "Prometheus missed evaluations"),
        ({"reloads": 1}, "Leave the rules of Prometheus alone"),
    ],
)
def test_each_kind_of_gap_has_its_own_sentence(changed: dict[str, Any], begin: str) -> None:
    verdict = decide(evidence(**changed))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert any(sentence.startswith(begin) for sentence in recommendation_of(verdict)), recommendation_of(verdict)


def test_a_run_without_a_request_is_told_so() -> None:
    nothing = ledger(
        workers={"0": 0}, locust=0, exporter=0, prometheus=0, http_answered=0, target=0, timed=0, untimed=0
    )
    verdict = decide(evidence(ledger=nothing, objectives=(objective(measured=None),)))
    assert "ledger: workers 0 = Locust 0 = exporter 0 = Prometheus 0: no request was made" in verdict.reasons
    assert recommendation_of(verdict) == (
        "No request was made: let the tasks call their client, or fire Locust's request event for what they do.",
    )


def test_a_saturated_generator_is_told_to_grow() -> None:
    lagged = alert("GeneratorLoopBlocked", gate="validity", objective="")
    found = recommendation_of(decide(evidence(alerts=(*evidence().alerts, lagged))))
    assert found == (
        "The generator was too slow for this load: give it more --workers, fewer --users, or another machine.",
    )


def test_a_pass_has_nothing_to_fix() -> None:
    assert recommendation(Outcome.PASS, [missed("error_ratio", Status.PASS)]) == (
        "Nothing to fix. `swarmscope baseline add` keeps the run for later ones to be compared with.",
    )


def test_an_objective_of_ones_own_has_general_advice() -> None:
    assert recommendation(Outcome.FAIL, [missed("my_own_ratio")]) == (
        "Look at the API's own metrics around the first breach, then at its database and cache.",
    )


def test_a_pass_in_which_requests_failed_names_the_worst_endpoint_and_the_threshold_that_would_have_caught_it() -> None:
    errors = (EndpointErrors("POST", "/pay", 42, 14), EndpointErrors("GET", "/", 900, 9))
    [found] = recommendation_of(decide(evidence(figures=Figures(endpoint_errors=errors))))
    assert found == (
        "Every limit was kept, and yet 14 of 42 POST /pay failed, and requests to 1 other endpoint. Where that is too"
        " many, set a threshold for `endpoint_error_ratio` of that endpoint."
    )


def test_what_a_saturated_generator_measured_leads_to_no_advice_on_the_system() -> None:
    lagged = alert("GeneratorCpuSaturated", gate="validity", objective="")
    slow = alert("ObjectiveMissedOverRun")
    found = recommendation_of(
        decide(evidence(alerts=(*evidence().alerts, lagged, slow), objectives=(objective(measured=2.0),)))
    )
    assert [text.partition(":")[0] for text in found] == ["The generator was too slow for this load"]


def test_a_target_that_hangs_is_told_where_to_look() -> None:
    found = recommendation_of(decide(evidence(alerts=(*evidence().alerts, alert("TargetHangs", objective="")))))
    assert found[0].startswith("The target stopped answering: look at its threads and locks")


def test_a_run_that_is_too_short_is_told_to_be_longer() -> None:
    unsure = objective(confidence=0.95, interval=Interval(0.1, 0.31, 40.0, "Clopper-Pearson", 120, 34.4))
    (told,) = recommendation_of(decide(evidence(objectives=(unsure,))))
    assert told.startswith("Too little was measured to be sure: run for as much longer as the reasons say")
