"""What is seen of virtual users that raise, hang, sleep and hand control back, under a real Locust runner."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
#: User classes, with the type that theirs is counted as.
RAISING = {
    "Raising": "KeyError",
    "RaisingInItsPool": "ValueError",
    "RaisedAgain": "ValueError",
    "FailingBefore": "KeyError",
    "OnStart": "RuntimeError",
    "OnStop": "RuntimeError",
    "OnStopOfSteps": "RuntimeError",
    "OnStartOfSteps": "RuntimeError",
    "Waiting": "ValueError",
    "WithoutTasks": "Exception",
    "TimedOut": "Timeout",
}
AFTER_A_FAILED_REQUEST = {"AfterFailure": "JSONDecodeError", "AfterFailureInItsPool": "KeyError"}
ENDED_BY_IT = {"OnStart", "OnStop", "Waiting", "TimedOut"}


def seen(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "tests.exporters.programs.users", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    reports: list[dict[str, Any]] = json.loads(done.stdout)
    return reports


@pytest.fixture(scope="module")
def reports() -> list[dict[str, Any]]:
    return seen()


def exceptions_in(report: dict[str, Any]) -> dict[str, tuple[str, bool, int]]:
    rows = report["task_exceptions"]
    assert len({user_class for user_class, *_ in rows}) == len(rows), rows
    return {user_class: (name, after, count) for user_class, name, after, count in rows}


@pytest.mark.kind(
    "tasks raise",
    "a task, a greenlet that it spawned, on_start, on_stop, wait_time, a TaskSet without tasks, gevent.Timeout",
    verdict="counted",
)
def test_exceptions_of_tasks_and_of_what_goes_around_them_are_counted_by_class_and_type(
    reports: list[dict[str, Any]],
) -> None:
    found = exceptions_in(reports[-1])
    assert {user_class: row[0] for user_class, row in found.items() if not row[1]} == RAISING
    assert {user_class for user_class, row in found.items() if row[2] == 1} == ENDED_BY_IT
    assert found["FailingBefore"][2] == reports[-1]["iterations"]["FailingBefore"] // 2
    assert found["RaisingInItsPool"][2] == 4 * reports[-1]["iterations"]["RaisingInItsPool"]
    for user_class in ("Raising", "RaisedAgain", "AfterFailure", "OnStopOfSteps"):
        assert found[user_class][2] == reports[-1]["iterations"][user_class] > 1, user_class


@pytest.mark.kind("tasks raise", "after a request of the same iteration had failed", verdict="shown, does not gate")
def test_an_exception_in_an_iteration_in_which_a_request_had_failed_is_told_apart(
    reports: list[dict[str, Any]],
) -> None:
    found = exceptions_in(reports[-1])
    assert {user_class: row[0] for user_class, row in found.items() if row[1]} == AFTER_A_FAILED_REQUEST


def test_each_kind_has_one_traceback_up_to_a_number(reports: list[dict[str, Any]]) -> None:
    tracebacks = {user_class: text for user_class, _, text in reports[-1]["tracebacks"]}
    assert len(tracebacks) == 10
    assert tracebacks["Raising"].endswith("in ask\n    raise KeyError(\"id\")\nKeyError: 'id'")


@pytest.mark.kind("tasks raise", "with catch_exceptions off", verdict="counted")
def test_an_exception_that_locust_does_not_catch_is_counted_once_and_ends_the_user() -> None:
    found = exceptions_in(seen("not caught")[-1])
    assert {user_class: row[0] for user_class, row in found.items()} == RAISING | AFTER_A_FAILED_REQUEST
    # Locust logs the one, and gevent prints the other: their users go on.
    assert {user_class for user_class, row in found.items() if row[2] > 1} == {"OnStopOfSteps", "RaisingInItsPool"}


@pytest.mark.kind(
    "users hang",
    "in a client of their own, or in on_start, during the load; others sleep in tasks",
    verdict="those that hang are silent",
)
def test_users_that_wait_for_something_without_an_event_are_silent_and_those_that_sleep_are_not(
    reports: list[dict[str, Any]],
) -> None:
    for report in reports:
        assert report["users_silent"] == {"Hanging": 1, "HangingOnStart": 1, "SleepingOnStart": 1, "Unheard": 1}


@pytest.mark.kind("users hang", "beyond the stop timeout", verdict="counted as users, not as requests")
def test_users_that_a_stop_finds_waiting_in_a_task_are_counted_and_are_no_requests(
    reports: list[dict[str, Any]],
) -> None:
    before, after = reports
    assert before["users_cut_off"] == {}
    assert after["users_cut_off"] == {"Hanging": 1, "Slow": 1}
    assert after["cut_off"] == 1  # that of Slow
    assert after["without_event"] == []


def test_iterations_are_tasks_that_ended_whatever_their_end(reports: list[dict[str, Any]]) -> None:
    iterations = reports[-1]["iterations"]
    assert (iterations["Leaving"], iterations["Pausing"], iterations["TimedOut"]) == (1, 1, 1)
    assert min(iterations["Journeys"], iterations["Healthy"]) > 1
    assert iterations.keys().isdisjoint({"Sleeping", "Hanging", "Listening", "WithoutTasks", "OnStart"})


@pytest.mark.kind("listeners", "one that raises RescheduleTask before ours", verdict="no request is missed")
def test_a_listener_that_ends_tasks_hides_no_request_from_us_or_from_locust(reports: list[dict[str, Any]]) -> None:
    after = reports[-1]
    assert after["interrupted"] == after["iterations"]["Interrupted"] > 1
    assert after["recorded"] == after["locust"]
