"""Arrivals under a real Locust runner: each one that is due is started, dropped or cut off, and counted once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real

PROGRAMS = Path(__file__).with_name("programs")


def run(case: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, PROGRAMS / "arrivals.py", case], capture_output=True, text=True, timeout=60, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["scheduled"] == found["started"] + found["dropped"] + found["cut_off"] + found["waiting"]
    assert found["waiting"] == 0
    assert found["lateness"] == found["started"]
    return found


def test_quick_tasks_are_all_started_whatever_their_users_would_pause() -> None:
    found = run("quick")
    assert (found["scheduled"], found["dropped"], found["cut_off"]) == (1000, 0, 0)
    assert found["done"]["often"] + found["done"]["seldom"] == 1000
    assert 200 < found["done"]["seldom"] < 300
    assert found["unserved"] == 0


def test_more_than_a_process_can_start_balances_all_the_same() -> None:
    found = run("burst")
    assert found["scheduled"] == 20_000
    assert found["unserved"] >= found["cut_off"]


def test_a_slow_class_does_not_change_the_mix() -> None:
    found = run("mix")
    assert found["done"]["slow"] == found["drawn"]["Slow"]
    assert found["done"]["often"] + found["done"]["seldom"] == found["drawn"]["Quick"]


def test_where_all_users_hang_arrivals_wait_and_are_dropped_and_what_the_stop_cuts_off_has_waited() -> None:
    found = run("hang")
    assert (found["scheduled"], found["started"]) == (100, 5)
    assert found["dropped"] > 50
    assert found["cut_off"] > 0
    assert found["unserved"] == found["cut_off"] + 5, "those in flight too"
    assert found["unserved_ms"] > 5 * 1000


def test_tasks_that_raise_take_arrivals_as_others_do() -> None:
    found = run("raise")
    assert found["done"]["raised"] == found["started"] == 100


def test_a_task_set_takes_an_arrival_for_each_of_its_tasks_in_their_order() -> None:
    found = run("nested")
    assert found["started"] == len(found["told"]) == 50
    assert found["told"][:6] == ["one", "two", "last", "one", "two", "last"]


def test_a_pause_within_a_task_lasts_as_the_user_says() -> None:
    found = run("pause")
    assert found["started"] == 50
    assert 35 <= found["done"]["paused"] <= 48, "a stop ends those that pause, as between two tasks"


def test_a_task_that_a_user_has_scheduled_itself_comes_first() -> None:
    found = run("queued")
    assert found["told"][:2] == ["first", "then"]


def test_users_of_a_fixed_number_take_no_arrivals_and_do_what_they_would_without() -> None:
    found = run("fixed")
    assert found["started"] == found["done"]["often"] + found["done"]["seldom"] == 100
    assert 4 <= found["done"]["watched"] <= 6
