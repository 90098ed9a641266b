"""A run is judged again from what Prometheus still holds of it, by its own thresholds and by others."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.faulted import FaultedRun, thresholds_file
from tests.faults.target import Target
from tests.runs.command import ROOT

pytestmark = [pytest.mark.real, pytest.mark.faults]


def test_the_second_verdict_is_the_first_and_other_thresholds_make_another(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="15s")
    assert run.exit_code() == 0, run.text
    first = run.verdict()

    assert judge(tmp_path, "--last").returncode == 0
    again = json.loads((run.folder / "judged-again" / "verdict.json").read_text())
    assert (again["objectives"], again["ledger"]) == (first["objectives"], first["ledger"])

    assert judge(tmp_path, "--last", "--min-samples", "100000").returncode == 2

    tight = thresholds_file(tmp_path / "tight", [("endpoint_latency_p95_seconds", "GET", "/items", 0.001)])
    what_if = judge(tmp_path, "--run-id", first["run"]["run_id"], "--thresholds", str(tight))
    assert what_if.returncode == 1, what_if.stdout
    supposed = json.loads((run.folder / "what-if-own-thresholds" / "verdict.json").read_text())
    (reason,) = supposed["reasons"]
    assert reason.startswith("latency p95 of GET /items ")
    assert reason.endswith(", limit 1 ms, over the whole run")
    assert run.verdict() == first

    shutil.rmtree(tmp_path / "state")  # and with it all that Prometheus held
    said = judge(tmp_path, "--last", "--thresholds", str(tight))
    assert said.returncode == 1, said.stdout
    run_id = first["run"]["run_id"]
    forgotten = f"Prometheus holds nothing of run {run_id} any more: read from the evidence in {run.folder}"
    assert forgotten in said.stderr.splitlines()
    elsewhere = json.loads((run.folder / "what-if-own-thresholds" / "verdict.json").read_text())
    assert (elsewhere["reasons"], elsewhere["objectives"]) == (supposed["reasons"], supposed["objectives"])


def test_a_run_that_nobody_knows_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    result = judge(tmp_path, "--run-id", "nothing")
    assert result.returncode == 2
    results = tmp_path / "results"
    assert result.stderr.splitlines()[-1] == (
        f"Run nothing was not found, neither in {results} nor in Prometheus: see the folders there"
    )
    assert not (results / "nothing").exists()


def judge(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """``swarmscope verdict`` on the results and the Prometheus of a run below the folder."""
    places = ["--results", str(folder / "results"), "--state-dir", str(folder / "state")]
    command = [sys.executable, "-m", "swarmscope", "verdict", *arguments, *places]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
