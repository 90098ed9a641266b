"""Requests that each client begins in odd ways: with an event, cut off, or missed by name."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
HTTP, FAST, LEAN = CLIENTS = ("HttpUser", "FastHttpUser", "LeanHttpUser")
WITH_EVENT = (
    "plain",
    "used",
    "failed_and_raising",
    "response_error",
    "used_later",
    "rest",
    "refused",
    *(f"{error} in a listener" for error in ("RescheduleTask", "InterruptTaskSet", "StopUser", "ValueError")),
)
WITHOUT_EVENT = {
    "raising": "GET /named",
    "rescheduled": "GET /again",
    "left_by_position": "GET /left",
    "unsendable": "POST /unsendable",
    "renamed": "GET /grouped",
}


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    command = [sys.executable, "-m", "tests.exporters.programs.requests_begun"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    figures: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return figures


def outcome(figures: dict[str, Any]) -> tuple[int, int, int, dict[str, int]]:
    return figures["begun"], figures["events"], figures["cut_off"], figures["without"]


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("case", WITH_EVENT)
def test_a_request_that_locust_reports_is_not_missed(found: dict[str, Any], client: str, case: str) -> None:
    assert outcome(found[f"{client} {case}"]) == (1, 1, 0, {})


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("case", WITHOUT_EVENT)
@pytest.mark.kind(
    "requests without an event",
    "an exception in the block, RescheduleTask in it, a renamed or unsendable request",
    verdict="named",
)
def test_a_request_without_an_event_is_named(found: dict[str, Any], client: str, case: str) -> None:
    assert outcome(found[f"{client} {case}"]) == (1, 0, 0, {WITHOUT_EVENT[case]: 1})


@pytest.mark.parametrize("client", CLIENTS)
def test_an_event_of_the_locustfile_itself_does_not_stand_for_one_that_is_missing(
    found: dict[str, Any], client: str
) -> None:
    assert outcome(found[f"{client} of_its_own"]) == (1, 1, 0, {"GET /left": 1})


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("case", ["hanging", "hanging_within"])
@pytest.mark.kind("requests without an event", "the stop interrupts it", verdict="cut off")
def test_a_request_that_a_kill_interrupts_is_cut_off_in_its_block_too(
    found: dict[str, Any], client: str, case: str
) -> None:
    assert outcome(found[f"{client} {case}"]) == (1, 0, 1, {})


@pytest.mark.kind("requests without an event", "gevent.Timeout around HttpUser", verdict="named")
def test_a_time_limit_of_the_user_s_own_leaves_no_event_where_the_client_does_not_make_it_one(
    found: dict[str, Any],
) -> None:
    assert outcome(found[f"{HTTP} timed_out"]) == (1, 0, 0, {"GET /hang": 1})
    for client in (FAST, LEAN):
        assert outcome(found[f"{client} timed_out"]) == (1, 1, 0, {})


@pytest.mark.parametrize("client", CLIENTS)
def test_what_the_block_raises_reaches_the_task_as_without_us(found: dict[str, Any], client: str) -> None:
    raised = {case: found[f"{client} {case}"]["raised"] for case in ("failed_and_raising", "raising", "rescheduled")}
    raising = raised.pop("raising")
    assert raised == {"failed_and_raising": ["KeyError"], "rescheduled": ["RescheduleTask"]}
    assert raising == ["JSONDecodeError"]
