"""What happens to the parts behind the reference API in the middle of a smoke run, and to the disk."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.faults.faulted import FaultedRun, assert_no_traceback, is_root
from tests.faults.target import Target
from tests.runs.command import RunCommand

pytestmark = [pytest.mark.real, pytest.mark.faults]


@pytest.mark.kind("the target answers wrongly", "its Redis is killed", verdict="FAIL")
def test_redis_down_fails_the_run(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "30s")
    run.wait_for("(?m)^steady")
    run.child("redis-server").kill()
    assert_failed_by_errors(run)


@pytest.mark.kind("the target answers wrongly", "its PostgreSQL is killed, and started again", verdict="FAIL")
def test_postgres_down_and_back_fails_the_run_by_the_errors_in_between(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "40s")
    run.wait_for("(?m)^steady")
    start_again = kill(run.child("postgres", "-D"))
    time.sleep(8)
    with start_again() as server:
        try:
            assert_failed_by_errors(run)
            assert server.poll() is None, "PostgreSQL did not start again"
        finally:
            server.terminate()


@pytest.mark.skipif(not (sys.platform == "linux" and is_root()), reason="a small disk is mounted, which takes root")
@pytest.mark.parametrize("free_kib", [4, 150])
@pytest.mark.kind("evidence is lost", "the disk is full when the evidence is written", verdict="INCONCLUSIVE")
def test_a_disk_that_is_full_when_the_evidence_is_written_is_no_pass(
    tmp_path: Path, target: Target, free_kib: int
) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="15s")
    run.wait_until_steady()
    with small_disk(run.folder, free_kib):
        assert run.exit_code() == 2, run.text
    assert_no_traceback(run)
    assert "Verdict: INCONCLUSIVE" in run.text
    assert "No space left on device" in " ".join(run.text.split())
    assert run.leftovers() == []


@pytest.mark.skipif(is_root(), reason="root may write anywhere")
def test_results_that_cannot_be_written_are_one_line_before_any_load(tmp_path: Path, target: Target) -> None:
    (tmp_path / "results").mkdir(mode=0o500)
    run = FaultedRun(tmp_path, target.url)
    assert run.exit_code(30) == 2
    assert "cannot be made: Permission denied" in run.text


def kill(server: psutil.Process) -> Callable[[], subprocess.Popen[bytes]]:
    """Kill a PostgreSQL with all its children; return what starts it again as it was."""
    command, environment, folder, user = server.cmdline(), server.environ(), server.cwd(), server.uids().real
    everybody = [server, *server.children(recursive=True)]
    for process in everybody:
        process.kill()
    psutil.wait_procs(everybody[1:], timeout=10)
    # The run has not reaped its child yet, so the lock seems to be held.
    Path(command[command.index("-D") + 1], "postmaster.pid").unlink()
    return lambda: subprocess.Popen(command, env=environment, cwd=folder, user=user if is_root() else None)


@contextmanager
def small_disk(folder: Path, free_kib: int) -> Iterator[None]:
    """Lay a file system of that size over the folder, without what was in it."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={free_kib}k", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def assert_failed_by_errors(run: RunCommand) -> None:
    assert run.exit_code() == 1, run.text
    verdict = run.verdict()
    assert verdict["verdict"] == "FAIL", verdict["reasons"]
    failed = {item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"}
    assert "error_ratio" in failed, verdict["reasons"]
    assert_no_traceback(run)
    assert run.leftovers() == []
