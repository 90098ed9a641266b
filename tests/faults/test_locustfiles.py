"""Locustfiles whose users do something else than it seems, in whole runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.faulted import fired
from tests.faults.test_judging_again import judge
from tests.runs.counting_target import CountingTarget
from tests.runs.test_clients import run_of

pytestmark = [pytest.mark.real, pytest.mark.faults]


@pytest.mark.kind("tasks raise", "a check in a with-block of catch_response", verdict="INCONCLUSIVE")
@pytest.mark.kind("tasks raise", "on_start: half of the work is never done", verdict="INCONCLUSIVE")
@pytest.mark.kind("requests without an event", "catch_response without a with-block", verdict="INCONCLUSIVE")
@pytest.mark.kind("users hang", "in a client of their own, to the end", verdict="INCONCLUSIVE")
def test_tasks_that_raise_requests_without_an_event_and_users_that_hang_are_each_named(tmp_path: Path) -> None:
    with CountingTarget() as target:
        run = run_of(tmp_path, "unsound.py", "--host", target.url, "--run-time", "20s", users=5)
        assert run.exit_code() == 2, run.text
    verdict = run.verdict()
    assert fired(verdict, "validity") >= {"TasksRaised", "UsersSilent"}
    for pattern in (
        r"task exceptions: \d+ exceptions in \d+ tasks: Raising JSONDecodeError \(\d+\), WithoutLogin KeyError \(1\); ",
        r"requests without an event: \d+ of \d+ begun: GET /(checked|left) \(\d+\), GET /(checked|left) \(\d+\)$",
        r"hanging users: 1 of [45] silent for long when the load ended, 1 still in a task after the stop timeout$",
    ):
        assert any(re.match(pattern, reason) for reason in verdict["reasons"]), (pattern, verdict["reasons"])
    counts = {row["user_class"]: row["count"] for row in verdict["task_exceptions"]}
    assert counts["Raising"] == verdict["users"]["requests_without_event"]["GET /checked"] > 10
    assert verdict["ledger"]["cut_off"] == 0
    for text in (run.text, (run.folder / "verdict.md").read_text(), (run.folder / "report.html").read_text()):
        assert "in on_start" in text
    again = judge(tmp_path, "--last")
    assert again.returncode == 2
    assert "in on_start" in again.stdout


@pytest.mark.kind(
    "healthy runs", "users that sleep in tasks, hand control back, or raise after a failed request", verdict="PASS"
)
def test_sleep_control_flow_and_what_a_failed_request_explains_are_sound(tmp_path: Path) -> None:
    with CountingTarget() as target:
        run = run_of(tmp_path, "sound.py", "--host", target.url, "--api-metrics", target.address, users=6)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert [(row["exception"], row["after_failed_request"], row["count"]) for row in verdict["task_exceptions"]] == [
        ("KeyError", True, 1)
    ]
    assert verdict["ledger"]["target"] == verdict["ledger"]["prometheus"]
    assert target.answered["/again"] > 20


@pytest.mark.kind("the locustfile's own check", "it sets process_exit_code when Locust quits", verdict="FAIL")
def test_a_run_fails_by_the_locustfile_s_own_check_and_does_so_when_it_is_judged_again(tmp_path: Path) -> None:
    with CountingTarget() as target:
        run = run_of(tmp_path, "own_check.py", "--host", target.url, users=4)
        assert run.exit_code() == 1, run.text
    assert run.verdict()["reasons"] == ["the locustfile's own check: it set process_exit_code to 7"]
    again = judge(tmp_path, "--last")
    assert (again.returncode, "the locustfile's own check" in again.stdout) == (1, True), again.stdout


@pytest.mark.kind("good sums hide it", "every login fails, once for each of few users", verdict="INCONCLUSIVE")
def test_an_endpoint_that_is_asked_rarely_and_fails_each_time_cannot_pass(tmp_path: Path) -> None:
    with CountingTarget() as target:
        run = run_of(tmp_path, "logins.py", "--host", target.url, users=5)
        assert run.exit_code() == 2, run.text
    assert run.verdict()["reasons"] == ["endpoints: 1 failed each time and were asked rarely: GET /broken/login (5)"]
    assert target.answered["/items"] > 100
