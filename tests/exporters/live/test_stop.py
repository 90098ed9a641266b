"""What a stop does to users in the middle of their work, with Locust's own runner in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.real


def stop_users(how: str) -> dict[str, int]:
    program = Path(__file__).with_name("stopping_users.py")
    done = subprocess.run([sys.executable, str(program), how], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    counts: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return counts


def test_a_stop_cuts_off_no_request_of_users_without_a_pause_and_wakes_those_who_sleep() -> None:
    counts = stop_users("fixed")
    assert counts["cut off"] == 0
    assert counts["begun"] == counts["answered"]
    assert (counts["with_timeout stopped"], counts["resting stopped"]) == (25, 25)


def test_locusts_own_stop_cuts_requests_off_that_users_begin_after_it() -> None:
    """Why `stop_between_tasks` is there: this fails once Locust no longer does it."""
    counts = stop_users("as locust does")
    assert counts["cut off"] > 0
    assert counts["begun"] == counts["answered"] + counts["cut off"]
