"""What exceptions in tasks, missing events, hanging users and the locustfile's own check make of a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from swarmscope.objectives import Threshold
from swarmscope.verdict.decide import decide
from swarmscope.verdict.user_facts import TaskException, Told, UserFacts, completed
from swarmscope.verdict.verdict import Outcome
from swarmscope.verdict.what_if import under
from tests.verdict.builders import alert, evidence, objective, users

RAISED = TaskException("Buyer", "KeyError", after_failed_request=False, count=3, traceback="  File …\nKeyError: 'id'")
EXPLAINED = TaskException("Buyer", "ValueError", after_failed_request=True, count=7)


def ratio(severity: str = "critical", measured: float = 0.01) -> Any:
    return objective(objective="task_exception_ratio", threshold=0.1, measured=measured, severity=severity)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exceptions": (RAISED,)}, "task exceptions: 3 exceptions in 500 tasks: Buyer KeyError (3)"),
        (
            {"exceptions": (RAISED, EXPLAINED)},
            "task exceptions: 3 exceptions in 500 tasks: Buyer KeyError (3); 7 after a failed request of the same task",
        ),
        (
            {"exceptions": (RAISED,), "iterations_of": {"Buyer": 0, "Reader": 500}},
            (
                "task exceptions: 3 exceptions in 500 tasks: Buyer KeyError (3);"
                " no user of Buyer came to the end of a task"
            ),
        ),
        ({"iterations": None}, "task exceptions: whether tasks raised is not known"),
        (
            {"without_event": {"GET /slow": 2, "POST /buy": 9}},
            "requests without an event: 11 of 990 begun: POST /buy (9), GET /slow (2)",
        ),
        (
            {"without_event": {f"GET /{number}": 1 for number in range(7)}},
            (
                "requests without an event: 7 of 990 begun: GET /0 (1), GET /1 (1), GET /2 (1), GET /3 (1), GET /4 (1)"
                " and 2 more"
            ),
        ),
        ({"begun": None}, "requests without an event: the number of requests begun is not known"),
        (
            {"silent": 1},
            "hanging users: 1 of 10 silent for long when the load ended, 0 still in a task after the stop timeout",
        ),
        (
            {"cut_off": 2},
            "hanging users: 0 of 10 silent for long when the load ended, 2 still in a task after the stop timeout",
        ),
        ({"silent": None}, "hanging users: whether users hung is not known"),
    ],
)
def test_what_users_did_not_do_or_what_is_not_known_of_it_is_inconclusive(changed: dict[str, Any], reason: str) -> None:
    verdict = decide(evidence(users=users(**changed)))
    assert (verdict.outcome, verdict.reasons) == (Outcome.INCONCLUSIVE, (reason,))


def test_exceptions_that_a_failed_request_explains_decide_nothing_and_are_named() -> None:
    verdict = decide(evidence(users=users(exceptions=(EXPLAINED,))))
    figures = {check.name: check.figure for check in verdict.checks}
    assert verdict.outcome is Outcome.PASS
    assert figures["task exceptions"] == "0 exceptions in 500 tasks; 7 after a failed request of the same task"


def test_a_critical_threshold_for_exceptions_decides_in_place_of_the_check() -> None:
    raised = users(exceptions=(RAISED,))
    objectives = {severity: (*evidence().objectives, ratio(severity)) for severity in ("critical", "warning")}
    assert decide(evidence(users=raised, objectives=objectives["critical"])).outcome is Outcome.PASS
    assert decide(evidence(users=raised, objectives=objectives["warning"])).outcome is Outcome.INCONCLUSIVE


def test_a_supposed_threshold_for_exceptions_takes_the_place_of_the_alert_that_fired() -> None:
    fired = alert("TasksRaised", gate="validity", objective="")
    whole = evidence(
        users=users(exceptions=(RAISED,)),
        alerts=(*evidence().alerts, fired),
        measured={("task_exception_ratio", "", ""): (0.006, 500.0), ("error_ratio", "", ""): (0.0, 1000.0)},
    )
    errors = Threshold("error_ratio", 0.05)
    allowed = Threshold("task_exception_ratio", 0.01)
    assert decide(under(whole, [errors])).outcome is Outcome.INCONCLUSIVE
    assert decide(under(whole, [errors, allowed])).outcome is Outcome.PASS


def test_five_percent_of_the_users_may_hang() -> None:
    for count, outcome in ((1, Outcome.PASS), (2, Outcome.INCONCLUSIVE)):
        for of in ("silent", "cut_off"):
            assert decide(evidence(users=users(**{of: count}), peak_users=20.0)).outcome is outcome


@pytest.mark.parametrize("changed", [{}, {"unhandled_exceptions": 1}, {"users": users(exit_code=3, begun=None)}])
def test_a_failed_check_of_the_locustfile_itself_fails_the_run_whatever_else_is_wrong(changed: dict[str, Any]) -> None:
    verdict = decide(evidence(**({"users": users(exit_code=3)} | changed)))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.reasons[0] == "the locustfile's own check: it set process_exit_code to 3"


def test_what_the_master_told_completes_what_prometheus_holds() -> None:
    known = UserFacts(exceptions=(TaskException("Buyer", "KeyError", after_failed_request=False, count=4), EXPLAINED))
    other = TaskException("Reader", "OSError", after_failed_request=False, count=1, traceback="OSError")
    facts = completed(known, Told((RAISED, other), exit_code=1))
    assert [(one.user_class, one.exception, one.count, one.traceback) for one in facts.exceptions] == [
        ("Buyer", "ValueError", 7, ""),
        ("Buyer", "KeyError", 4, RAISED.traceback),
        ("Reader", "OSError", 1, "OSError"),
    ]
    assert facts.exit_code == 1
    assert completed(UserFacts(exit_code=2), Told(exit_code=1)).exit_code == 2


@pytest.mark.parametrize("rows", [[{}], [1], 3, [{"user_class": "U", "exception": "E"}]])
def test_what_is_no_list_of_exceptions_is_not_taken_for_one(rows: object) -> None:
    with pytest.raises((KeyError, TypeError)):
        Told.of({"task_exceptions": rows})
