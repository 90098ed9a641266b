"""Searches for the capacity of servers whose limit is known: Locust, Prometheus and the server are real."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, ClassVar

import pytest

from benchmarks.limited_server import running
from tests.runs.command import ROOT, RunCommand

pytestmark = [pytest.mark.real]

HERE = Path(__file__).parent
PAGES, BURNING = HERE / "locustfiles" / "pages.py", HERE / "locustfiles" / "burning_pages.py"


class CapacityCommand(RunCommand):
    """``swarmscope capacity`` of a server, with one worker."""

    COMMAND: ClassVar[str] = "capacity"

    def __init__(self, folder: Path, host: str, *arguments: str, locustfile: Path = PAGES) -> None:
        given = ("pages", "--locustfile", str(locustfile), "--host", host, "--workers", "1")
        super().__init__(folder, *given, *arguments)

    def capacity(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "capacity.json").read_text())
        return document


def test_the_interval_holds_a_limit_that_is_known(tmp_path: Path) -> None:
    with running("workers", "2", "0.02") as (host, _):
        run = CapacityCommand(
            tmp_path, host, "--from", "60/s", "--precision", "20%", "--tries", "1", "--at-least", "70/s"
        )
        assert run.exit_code(280) == 0, run.text
    found = run.capacity()
    assert found["found"] == "interval"
    assert found["low"] <= 100 * 1.05
    assert found["high"] >= 100 * 0.95
    assert found["high"] <= found["low"] * 1.2
    assert found["objective"]["status"] == "PASS"
    assert found["first"]["title"] == "latency p95"
    assert {step["outcome"] for step in found["steps"]} == {"held", "broke"}
    assert "capacity" in run.text
    assert (run.folder / "report.html").stat().st_size > 100_000
    assert (run.folder / "junit.xml").is_file()


def test_ctrl_c_leaves_the_partial_answer_steps_that_can_be_judged_again_and_no_process(tmp_path: Path) -> None:
    with running("workers", "4", "0.01") as (host, _):
        run = CapacityCommand(tmp_path, host, "--from", "40/s")
        run.wait_for(r"step  1 +40/s")
        run.interrupt()
        assert run.exit_code() == 2, run.text
    found = run.capacity()
    assert (found["outcome"], found["low"], found["high"]) == ("INCONCLUSIVE", 40.0, None)
    assert found["ended"] == "interrupted in step 2, 80/s"
    assert [step["load"] for step in found["steps"]] == [40.0]
    assert run.leftovers() == []
    again = subprocess.run(
        [sys.executable, "-m", "swarmscope", "verdict", "--from", str(run.folder / "steps" / "step01")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert "PASS" in again.stdout


def test_a_target_that_dies_ends_the_search_and_what_was_learnt_is_kept(tmp_path: Path) -> None:
    with running("workers", "4", "0.01") as (host, process):
        run = CapacityCommand(tmp_path, host, "--from", "40/s", "--recovery", "10s")
        run.wait_for(r"step  1 +40/s")
        time.sleep(8)
        process.kill()
        assert run.exit_code() == 2, run.text
    found = run.capacity()
    assert (found["outcome"], found["low"]) == ("INCONCLUSIVE", 40.0)
    assert found["found"] == "ended"
    assert "the target did not recover from 80/s" in found["ended"] or "step 2, 80/s, did not end" in found["ended"]
    assert (run.folder / "steps" / "step01" / "evidence" / "series.gz").is_file()
    assert (run.folder / "steps" / "step01" / "locust-failures.csv").is_file()
    history = subprocess.run(
        [sys.executable, "-m", "swarmscope", "history", "--results", str(run.results)], cwd=ROOT, check=False
    )
    assert history.returncode == 2, "its steps do not count as runs of the scenario"


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_generator_at_its_limit_is_no_capacity_and_says_what_to_add(tmp_path: Path) -> None:
    with running("workers", "64", "0.001") as (host, _):
        run = CapacityCommand(tmp_path, host, "--from", "20/s", locustfile=BURNING)
        assert run.exit_code(850) == 2, run.text
    found = run.capacity()
    assert (found["outcome"], found["found"]) == ("INCONCLUSIVE", "generator")
    assert 30 < found["low"] < 110, "each request takes 10 ms of the CPU of one worker"
    assert any("--workers 2" in advice for advice in found["advice"])
    assert "capacity unknown: the load generator itself" in run.text


@pytest.mark.nightly
@pytest.mark.timeout(900)
def test_a_pause_within_a_task_is_not_taken_for_the_limit_of_an_idle_server(tmp_path: Path) -> None:
    thinking = HERE / "locustfiles" / "thinking_pages.py"
    with running("workers", "8", "0.005") as (host, _):
        run = CapacityCommand(tmp_path, host, "--from", "5/s", "--to", "20/s", "--tries", "1", locustfile=thinking)
        assert run.exit_code(600) == 0, run.text
    found = run.capacity()
    assert (found["found"], found["low"], found["outcome"]) == ("at least", 20.0, "PASS")
    assert "users were busy, while answers came in time" in run.text
    assert re.search(r"an arrival is (2|1\.[89]|2\.[12]) requests", run.text, re.IGNORECASE)
