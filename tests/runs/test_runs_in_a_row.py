"""Runs that follow one another on one state folder, as in a clone: none counts what another has left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.faults.faulted import FaultedRun
from tests.faults.target import Target
from tests.runs.command import ROOT, RunCommand

pytestmark = [pytest.mark.real, pytest.mark.alone]

SMOKE = ("smoke", "--run-time", "10s")


def passed(run: RunCommand) -> dict[str, Any]:
    """Return the verdict of a run that must pass, with a target that counted exactly what was answered."""
    assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    ledger = verdict["ledger"]
    assert verdict["reasons"] == []
    assert ledger["http_answered"] <= ledger["target"] <= ledger["http_answered"] + ledger["cut_off"]
    return verdict


@pytest.mark.nightly
@pytest.mark.kind("healthy runs", "four in a row, with and without the target's own counter", verdict="PASS")
def test_runs_in_a_row_count_their_own_requests_alone_and_the_first_is_judged_again_the_same(tmp_path: Path) -> None:
    state = ("--state-dir", str(tmp_path / "state"))
    first = passed(RunCommand(tmp_path / "first", *SMOKE, *state))
    with Target() as target:
        published = ("--api-metrics", target.url.removeprefix("http://"))
        own = passed(FaultedRun(tmp_path / "own", target.url, *published, *state, run_time="10s"))
        unpublished = FaultedRun(tmp_path / "unpublished", target.url, *state, run_time="8s")
        assert unpublished.exit_code() == 0, unpublished.text
    second = passed(RunCommand(tmp_path / "second", *SMOKE, *state))

    assert own["ledger"]["target"] == own["ledger"]["prometheus"]
    # The reference API has gone, and nothing says what this one counted: that is not a reason to doubt the run.
    assert unpublished.verdict()["ledger"]["target"] is None
    assert len({verdict["run"]["run_id"] for verdict in (first, own, second)}) == 3

    assert judged_again(tmp_path / "first", *state)["ledger"] == first["ledger"]


def judged_again(folder: Path, *arguments: str) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "swarmscope",
        "verdict",
        "--last",
        "--results",
        str(folder / "results"),
        *arguments,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = (folder / "results").glob("*/judged-again/verdict.json")
    document: dict[str, Any] = json.loads(path.read_text())
    return document
