"""Whether a run was what was asked for, as its series say it: how it ended, and how many of the users ran."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.exporters.live.test_modes import Locust, Shop, total

pytestmark = pytest.mark.real

LOCUSTFILE = Path(__file__).with_name("as_asked_locustfile.py")
#: One process, and a master with one worker.
SINGLE, MASTER = "single", "late"
ENDINGS = ("planned", "stopped", "quit")


@contextmanager
def locust(kind: str, mode: str) -> Iterator[Locust]:
    """Locust with users of that kind, who need no target."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIND", kind)
        processes = Locust(mode, Shop(), LOCUSTFILE)
    try:
        processes.poll(lambda status: status.get("workers") == processes.workers)
        yield processes
    finally:
        processes.close()


def begin(locust: Locust, **form: str) -> None:
    """Start a run of 6 users, and wait for its load."""
    size = {"user_count": "6", "spawn_rate": "6", "host": locust.host, **form}
    answer = requests.post(f"{locust.web}/swarm", data=size, timeout=20).json()
    assert answer["success"], answer
    locust.poll(lambda status: status.get("phase") not in {None, "prepare", "done"})


def ended(locust: Locust) -> str:
    """Return how the load ended, once the run is done."""
    locust.poll(lambda status: status.get("phase") == "done")
    metrics = locust.metrics()
    (reason,) = (reason for reason in ENDINGS if total(metrics, "loadtest_run_ended", reason=reason))
    return reason


def missing_ratio(locust: Locust) -> float:
    metrics = locust.metrics()
    due = total(metrics, "loadtest_user_seconds_due_total")
    assert due > 0
    return total(metrics, "loadtest_user_seconds_missing_total") / due


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("quit-in-task", SINGLE),
        ("quit", MASTER),
        pytest.param("stop", SINGLE, marks=pytest.mark.faults),
        pytest.param("quit-in-listener", MASTER, marks=pytest.mark.faults),
    ],
)
@pytest.mark.kind(
    "the load is not what was asked for",
    "a task, a listener or a greenlet stops the runner, or quits it",
    verdict="has not ended as planned",
)
def test_a_run_that_the_users_own_code_ends_did_not_end_as_planned(kind: str, mode: str) -> None:
    with locust(kind, mode) as processes:
        begin(processes, run_time="30s")
        assert ended(processes) == "quit"


@pytest.mark.kind(
    "the load is not what was asked for", "Stop is pressed in a run with a run time", verdict="has not ended as planned"
)
def test_stop_is_the_planned_end_of_a_run_without_a_run_time_alone() -> None:
    with locust("", SINGLE) as processes:
        for form, reason in (({"run_time": "30s"}, "stopped"), ({}, "planned")):
            begin(processes, **form)
            time.sleep(1)
            requests.post(f"{processes.web}/stop", timeout=30)
            assert ended(processes) == reason


@pytest.mark.parametrize("mode", [SINGLE, pytest.param(MASTER, marks=pytest.mark.faults)])
def test_a_run_that_has_its_time_and_all_of_its_users_ended_as_planned_and_misses_nobody(mode: str) -> None:
    with locust("", mode) as processes:
        begin(processes, run_time="6s")
        assert ended(processes) == "planned"
        assert missing_ratio(processes) < 0.02
        begin(processes, run_time="8s", user_count="60", spawn_rate="2")  # it ends in its ramp
        assert ended(processes) == "planned"
        assert missing_ratio(processes) < 0.02


@pytest.mark.faults
@pytest.mark.parametrize("mode", [SINGLE, MASTER])
def test_a_shape_that_returns_none_has_ended_as_planned(mode: str) -> None:
    with locust("shape-ends", mode) as processes:
        begin(processes)
        assert ended(processes) == "planned"
        assert missing_ratio(processes) < 0.05


@pytest.mark.faults
@pytest.mark.kind(
    "the load is not what was asked for", "Stop is pressed while a shape goes on", verdict="has not ended as planned"
)
def test_a_shape_that_is_stopped_has_not_ended_as_planned() -> None:
    with locust("shape-goes-on", SINGLE) as processes:
        begin(processes)
        requests.post(f"{processes.web}/stop", timeout=30)
        assert ended(processes) == "stopped"


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("fixed-count", SINGLE),
        ("leaving", MASTER),
        pytest.param("slow-spawn", SINGLE, marks=pytest.mark.faults),
        pytest.param("slow-spawn", MASTER, marks=pytest.mark.faults),
        pytest.param("fixed-count", MASTER, marks=pytest.mark.faults),
        pytest.param("leaving", SINGLE, marks=pytest.mark.faults),
    ],
)
@pytest.mark.kind(
    "the load is not what was asked for",
    "fixed_count, users that leave, a spawn that never completes",
    verdict="the missing user-seconds are counted",
)
def test_users_that_were_asked_for_and_did_not_run_are_missing(kind: str, mode: str) -> None:
    with locust(kind, mode) as processes:
        begin(processes, run_time="7s")
        assert ended(processes) == "planned"
        assert missing_ratio(processes) > 0.2
