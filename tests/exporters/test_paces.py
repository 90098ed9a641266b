"""Closed users with a pace: what was due while they were busy counts as missed, under a real Locust runner."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    program = Path(__file__).with_name("programs") / "paces.py"
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=True)
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def test_an_overrun_of_n_intervals_is_n_missed_starts_and_the_next_one_is_late(found: dict[str, Any]) -> None:
    """A task of 1.05 s at ten a second: nine starts never come, and one comes late."""
    late = [each["start"] for each in found["begun"] if each["start"] is not None and each["user"] == "Paced"]
    assert len(late) == 1
    assert late[0]["delay_ms"] < 100
    assert len(late[0]["missed_ms"]) == found["missed"]["Paced"] == 9
    assert late[0]["missed_ms"] == sorted(late[0]["missed_ms"], reverse=True)
    assert 900 < late[0]["missed_ms"][0] < 1050


def test_a_wait_time_that_asks_locusts_own_for_the_pace_is_one_too(found: dict[str, Any]) -> None:
    assert found["missed"]["Asking"] == found["missed"]["Paced"]


def test_what_a_user_does_when_it_arrives_is_on_no_schedule(found: dict[str, Any]) -> None:
    assert found["begun"][0]["start"] is None
    assert len(found["begun"]) > 16


def test_starts_that_a_hang_at_the_end_kept_from_coming_are_missed_and_unserved(found: dict[str, Any]) -> None:
    assert found["missed"]["HangingAtTheEnd"] == found["unserved"]
    assert 20 <= found["unserved"] <= 26


def test_users_that_think_have_no_intended_starts(found: dict[str, Any]) -> None:
    assert "Thinking" not in found["missed"]
    assert found["exist"]


def test_the_pace_is_known_of_users_and_task_sets_and_nothing_else_has_one(found: dict[str, Any]) -> None:
    assert found["intervals"] == [0.1, 3.0, None, None, None, None, None]
