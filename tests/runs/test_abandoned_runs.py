"""Runs that are interrupted, no longer read, or lose their folder: each ends with a verdict, and none passes."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.runs.command import ROOT, RunCommand

pytestmark = pytest.mark.real

BEFORE_THE_LOAD = "before the load began"


def not_passed(run: RunCommand) -> list[str]:
    """Return the reasons of a run that is inconclusive, and says so everywhere."""
    assert run.exit_code() == 2, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["exit_code"]) == ("INCONCLUSIVE", 2)
    assert (run.folder / "junit.xml").is_file()
    assert "Traceback" not in run.text
    assert BEFORE_THE_LOAD not in run.text
    assert run.leftovers() == []
    reasons: list[str] = verdict["reasons"]
    return reasons


@pytest.mark.faults
@pytest.mark.kind("the run is interrupted", "Ctrl-C, twice", verdict="INCONCLUSIVE")
def test_a_second_ctrl_c_does_not_wait_and_leaves_the_verdict(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "60s")
    run.wait_for("steady")
    run.interrupt()
    run.wait_for("Stopping: interrupted after")
    run.interrupt()
    reasons = not_passed(run)
    assert reasons[0] == "evidence: interrupted before Prometheus was known to have judged the final totals"
    assert re.fullmatch(r"run: interrupted after \d+ s", reasons[1])
    assert "Verdict: INCONCLUSIVE" in run.text
    assert "report.html is missing: interrupted; `swarmscope report` makes it" in run.text


@pytest.mark.nightly
@pytest.mark.kind("the run is interrupted", "Ctrl-C while it is judged", verdict="INCONCLUSIVE")
def test_ctrl_c_in_the_final_wait_leaves_a_verdict_that_is_no_pass_in_any_encoding(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "10s", environment={"PYTHONIOENCODING": "ascii:strict"})
    run.wait_for("waiting until Prometheus holds the final totals")
    run.interrupt()
    reasons = not_passed(run)
    assert "run: interrupted while it was judged" in reasons
    assert run.text.isascii()
    assert "<= 500 ms" in run.text


@pytest.mark.faults
@pytest.mark.kind("the run is interrupted", "Ctrl-C before the load", verdict="refused")
def test_ctrl_c_before_the_load_says_that_nothing_was_judged(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "60s")
    run._until(lambda: len(run.children()) > 2, "the stack to start", 60)
    run.pids |= {child.pid for child in run.children()}
    run.interrupt()
    assert run.exit_code() == 2
    assert run.text.splitlines()[-1] == "Interrupted before the load began: nothing was judged"
    assert run.leftovers() == []


@pytest.mark.kind("the run is interrupted", "its output is no longer read", verdict="INCONCLUSIVE")
def test_a_run_whose_output_is_no_longer_read_ends_with_2_and_its_evidence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "swarmscope", "run", "smoke", "--run-time", "60s", "--headless"]
    command += ["--results", str(tmp_path / "results"), "--state-dir", str(tmp_path / "state")]
    program = f"set -o pipefail; {' '.join(command)} 2>{tmp_path / 'errors'} | head -1"
    done = subprocess.run(["bash", "-c", program], cwd=ROOT, timeout=150, check=False)
    errors = (tmp_path / "errors").read_text()
    assert (done.returncode, "Traceback" in errors) == (2, False), errors
    (verdict,) = (tmp_path / "results").glob("*/verdict.md")
    assert re.search(
        r"INCONCLUSIVE.*interrupted after \d+ s: nothing reads its output any more", verdict.read_text(), re.DOTALL
    )


@pytest.mark.faults
@pytest.mark.kind("the run is interrupted", "its terminal is closed", verdict="INCONCLUSIVE")
def test_a_terminal_that_is_closed_interrupts_the_run_and_leaves_its_evidence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "swarmscope", "run", "smoke", "--run-time", "60s"]
    command += ["--results", str(tmp_path / "results"), "--state-dir", str(tmp_path / "state")]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, command)
    shown, deadline = "", time.monotonic() + 90
    while "steady" not in shown and time.monotonic() < deadline:
        shown += os.read(terminal, 4096).decode(errors="replace")
    children = psutil.Process(pid).children(recursive=True)
    os.close(terminal)  # the kernel sends SIGHUP, and what is written from now on is an error
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 2, shown
    (verdict,) = (tmp_path / "results").glob("*/verdict.md")
    assert re.search(r"INCONCLUSIVE.*interrupted after \d+ s", verdict.read_text(), re.DOTALL)
    assert psutil.wait_procs(children, timeout=10)[1] == []


@pytest.mark.faults
@pytest.mark.kind("evidence is lost", "the results folder is deleted in mid-run", verdict="INCONCLUSIVE")
def test_a_results_folder_deleted_in_mid_run_is_said_at_once_and_the_run_does_not_pass(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "15s")
    run.wait_for("steady")
    folder = run.folder
    shutil.rmtree(folder)
    run.wait_for("this run cannot pass any more")
    assert "waiting until Prometheus" not in run.text
    said = f"deleted during the run: {folder}"
    assert not_passed(run) == [f"evidence: {said}"]
    assert run.text.count(f"{said}: this run cannot pass any more") == 1
    assert run.verdict()["context"]["evidence_lost"] == [said]
    assert (folder / "report.html").is_file()


@pytest.mark.faults
@pytest.mark.kind("evidence is lost", "the logs are deleted in mid-run", verdict="INCONCLUSIVE")
def test_logs_deleted_in_mid_run_are_said_and_the_run_does_not_pass(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "12s")
    run.wait_for("steady")
    logs = run.folder / "logs"
    shutil.rmtree(logs)
    assert not_passed(run) == [f"evidence: deleted during the run: {logs}"]
