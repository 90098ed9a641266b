"""Runs that are started in the web form of the Docker stack are judged by a service of it."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.compose.docker import ComposeStack, poll

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

#: What the form posts for a run whose size is left to the scenario.
FORM = {"user_count": "0", "spawn_rate": "0", "host": "http://api:8000", "scenario": "smoke", "run_time": "20s"}


def status_of(stack: ComposeStack) -> dict[str, Any]:
    document: dict[str, Any] = requests.get(f"{stack.locust.url}/loadtest/run", timeout=10).json()
    return document


@pytest.fixture(scope="module")
def judged(stack: ComposeStack) -> dict[str, Any]:
    """Return the master's status once a run of the form has its verdict."""
    before = stack.locust.status().run_id
    stack.locust.swarm(FORM)
    return poll(
        lambda: status_of(stack),
        lambda status: status["run_id"] != before and status["verdict"] is not None,
        "the verdict of the run",
        timeout_seconds=150,
    )


def test_a_run_of_the_form_leaves_its_verdict_in_results_and_in_the_page(
    stack: ComposeStack, judged: dict[str, Any]
) -> None:
    folder = Path(stack.variables["RESULTS_DIR"]) / judged["run_id"]
    # The verdict is told before the last file is written.
    poll((folder / "report.html").is_file, bool, "report.html", timeout_seconds=60)
    assert {"verdict.json", "verdict.md", "junit.xml", "rules", "locust-report.html"} <= {
        path.name for path in folder.iterdir()
    }
    document = json.loads((folder / "verdict.json").read_text())
    assert document["verdict"] == judged["verdict"]["outcome"] == "PASS", document
    assert judged["verdict"]["results"] == f"results/{judged['run_id']}"
    owner = folder.parent.stat()
    assert {(path.stat().st_uid, path.stat().st_gid) for path in folder.rglob("*")} == {(owner.st_uid, owner.st_gid)}


@pytest.mark.usefixtures("judged")
def test_a_run_of_the_runner_is_left_to_the_runner(stack: ComposeStack, tmp_path: Path) -> None:
    ended = stack.run_runner("smoke", "--run-time", "20s", results=tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [folder] = tmp_path.iterdir()
    assert not (Path(stack.variables["RESULTS_DIR"]) / folder.name).exists()
