"""What happens to the load generator in the middle of a run: nothing of it passes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests

from tests.faults.faulted import FaultedRun, assert_inconclusive, fired
from tests.faults.target import Target

pytestmark = pytest.mark.real


@pytest.mark.alone
@pytest.mark.nightly
@pytest.mark.kind("the load generator breaks", "a worker is killed in mid-run", verdict="INCONCLUSIVE")
def test_a_worker_that_is_killed_makes_the_run_inconclusive_and_is_named(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="18s")
    run.wait_until_steady()
    run.worker().kill()
    verdict = assert_inconclusive(run, r"\(WorkerLost", r"\(WorkersFewerThanExpected\), from ")
    assert fired(verdict, "objective") == set()
    ledger = verdict["ledger"]
    assert sum(ledger["workers"].values()) == ledger["locust"] == ledger["prometheus"] <= target.answered


@pytest.mark.faults
@pytest.mark.kind("the load generator breaks", "a worker is killed in the last second", verdict="INCONCLUSIVE")
def test_a_worker_that_is_killed_in_the_last_second_is_missed_too(tmp_path: Path, target: Target) -> None:
    """Locust notices a lost worker after three seconds: the run is over by then, and its last report never comes."""
    run = FaultedRun(tmp_path, target.url, "--stop-timeout", "5", run_time="15s")
    run.wait_until_steady()
    # Stopped, it answers nothing, as if it were gone; it is killed when the stop has been asked for.
    run.worker().suspend()
    run.worker().children()
    requests.get(f"{run.locust_url}/stop", timeout=30)
    run.worker().kill()
    assert_inconclusive(run, r"\(WorkerLost")


@pytest.mark.faults
@pytest.mark.kind("the load generator breaks", "a worker stands still for 20 s", verdict="INCONCLUSIVE")
def test_a_worker_that_stands_still_for_20_seconds_makes_the_run_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="35s")
    run.wait_until_steady()
    worker = run.worker()
    worker.suspend()
    time.sleep(20)
    worker.resume()
    assert_inconclusive(run, r"\(WorkerLost", r"\(WorkerReportStale \d\), from ")


@pytest.mark.faults
@pytest.mark.kind("the load generator breaks", "the only worker is killed", verdict="INCONCLUSIVE")
def test_the_only_worker_killed_ends_the_run_early_and_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, workers=1)
    run.wait_until_steady()
    run.worker().kill()
    assert_inconclusive(run, r"\(WorkerLost", r"^run: the run ended after \d+ s of the 25 s that were planned")


@pytest.mark.faults
@pytest.mark.kind("the load generator breaks", "the Locust master is killed", verdict="INCONCLUSIVE")
def test_the_master_killed_is_said_in_one_line_and_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url)
    run.wait_until_steady()
    run.child("--master", "--web-port").kill()
    assert_inconclusive(run, "^run: locust-master ended by itself, killed by SIGKILL$")


@pytest.mark.faults
@pytest.mark.kind("the load generator breaks", "the exporter no longer answers", verdict="INCONCLUSIVE")
def test_an_exporter_that_no_longer_answers_is_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, fault="exporter")
    run.wait_until_steady()
    run.strike()
    assert_inconclusive(run, "^exporter scraped: ")


@pytest.mark.faults
@pytest.mark.kind("the locustfile breaks", "a listener of an event raises", verdict="INCONCLUSIVE")
def test_a_listener_of_the_locustfile_that_raises_is_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, fault="listener", run_time="18s")
    run.wait_until_steady()
    run.strike()
    assert_inconclusive(run, r"^locustfile: \d+ unhandled exceptions: see the logs of Locust$")


@pytest.mark.faults
@pytest.mark.parametrize(
    ("seconds", "reason"),
    [("60", r"\(ClockSkew"), ("-60", r"\(WorkerReportStale"), ("-7", r"\((ClockSkew|WorkerReportStale)")],
)
@pytest.mark.kind("the load generator breaks", "the clock of the master jumps, ahead or back", verdict="INCONCLUSIVE")
def test_a_clock_that_jumps_makes_the_run_inconclusive(
    tmp_path: Path, target: Target, seconds: str, reason: str
) -> None:
    run = FaultedRun(tmp_path, target.url, fault=f"clock:{seconds}", run_time="45s" if seconds == "-7" else "25s")
    run.wait_until_steady()
    run.strike()
    assert_inconclusive(run, reason)


@pytest.mark.faults
def test_a_second_run_on_the_same_exporter_is_refused_and_the_first_counts_only_its_own(
    tmp_path: Path, target: Target
) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="18s")
    run.wait_until_steady()
    name = run.status()["run_id"]
    form = {"user_count": "50", "spawn_rate": "50", "run_id": "another", "scenario": "faulted"}
    answer = requests.post(f"{run.locust_url}/swarm", data=form, timeout=10).json()
    assert answer == {"success": False, "message": f"run {name} is under way: wait for its end, or stop it"}
    assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["run"]["run_id"], verdict["run"]["peak_users"]) == (name, 4)
    assert 0 < target.answered - verdict["ledger"]["prometheus"] <= 2  # those of the preflight


@pytest.mark.faults
def test_a_second_run_with_the_same_state_is_one_line_and_exit_code_2(tmp_path: Path, target: Target) -> None:
    first = FaultedRun(tmp_path, target.url, run_time="15s")
    first.wait_until_steady()
    second = FaultedRun(tmp_path / "second", target.url, "--state-dir", str(tmp_path / "state"))
    assert second.exit_code(60) == 2
    assert "a stack runs already (pid " in second.text
    assert "Traceback" not in second.text
    assert first.exit_code() == 0, first.text
