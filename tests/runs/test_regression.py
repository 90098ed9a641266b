"""Runs that are compared with a baseline, as a part of their verdict: on real processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarmscope.processes.ports import PortPicker
from tests.runs.command import ROOT, RunCommand

pytestmark = [pytest.mark.real, pytest.mark.nightly, pytest.mark.timeout(900)]

HERE = Path(__file__).parent
PAGES = HERE / "locustfiles" / "pages.py"
BASELINE_RUNS = 5


@contextmanager
def server(port: int, seconds: float) -> Iterator[None]:
    """Serve pages whose answers take about so long."""
    process = subprocess.Popen([sys.executable, str(HERE / "paged_server.py"), str(port), str(seconds)])
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def run(folder: Path, port: int, *arguments: str) -> RunCommand:
    url = f"http://127.0.0.1:{port}"
    size = ("--users", "10", "--workers", "1", "--run-time", "15s")
    return RunCommand(folder, "pages", "--locustfile", str(PAGES), "--host", url, *size, *arguments)


def swarmscope(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "swarmscope", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_slower_target_fails_by_its_baseline_alone_and_from_evidence_too(tmp_path: Path) -> None:
    port, baselines = PortPicker(print).pick("pages"), tmp_path / "baselines"
    gate = ("--baseline", "pages", "--baselines", str(baselines))
    with server(port, 0.02):
        for number in range(BASELINE_RUNS):
            kept = run(tmp_path / str(number), port)
            assert kept.exit_code() == 0, kept.text
            added = swarmscope("baseline", "add", str(kept.folder), "--baselines", str(baselines))
            assert added.returncode == 0, added.stderr
        same = run(tmp_path / "same", port, *gate)
        assert same.exit_code() in {0, 2}, same.text
    with server(port, 0.03):
        slow = run(tmp_path / "slow", port, *gate)
        assert slow.exit_code() == 1, slow.text
    failed = {each["objective"] for each in slow.verdict()["objectives"] if each["status"] == "FAIL"}
    assert failed == {"regression_ratio", "endpoint_regression_ratio"}
    assert "worse than 5 baseline runs" in slow.verdict()["reasons"][0]
    again = swarmscope("verdict", "--from", str(slow.folder))
    assert again.returncode == 1, again.stdout
    judged = json.loads((slow.folder / "judged-again" / "verdict.json").read_text())
    assert judged["reasons"] == slow.verdict()["reasons"]
