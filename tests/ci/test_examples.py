"""The examples for continuous integration: their shell steps are run as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.clones import install
from tests.places import ROOT

WORKFLOW = ROOT / ".github" / "workflows" / "load-test.yml"
JENKINSFILE = ROOT / "Jenkinsfile"
RUN = 'scripts/run-tests.sh "$SCENARIO" --headless ${RUN_TIME:+--run-time "$RUN_TIME"} ${TARGET:+--host "$TARGET"}'
NOT_IN_A_CHECKOUT = (
    ".git",
    ".venv",
    ".tools",
    ".swarmscope",
    ".env",
    "results",
    "__pycache__",
    ".*_cache",
    ".hypothesis",
)


def workflow() -> dict[str, Any]:
    document: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text())
    document["on"] = document.pop(True)  # YAML takes the key for a boolean
    return document


def steps() -> list[dict[str, Any]]:
    (job,) = workflow()["jobs"].values()
    listed: list[dict[str, Any]] = job["steps"]
    return listed


def shell_steps_of_the_workflow() -> list[str]:
    return [step["run"].strip() for step in steps() if "run" in step]


def shell_steps_of_jenkins() -> list[str]:
    text = JENKINSFILE.read_text()
    found = re.findall(r"\bsh (?:'([^']+)')|script: '''(.+?)'''", text, re.DOTALL)
    return [(single or block).strip() for single, block in found]


def bash(script: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """As both run a step: with `bash -e` in the checkout."""
    environment = {key: value for key, value in os.environ.items() if key not in {"PROMETHEUS_URL", "MAKEFLAGS"}}
    command = ["bash", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=folder, env=environment | variables, capture_output=True, text=True, check=False, timeout=240
    )


def test_both_run_the_same_command() -> None:
    assert shell_steps_of_the_workflow()[0] == RUN
    assert shell_steps_of_jenkins() == ["rm -rf results", RUN]


def test_the_workflow_takes_its_inputs_as_variables_and_never_into_a_script() -> None:
    (job,) = workflow()["jobs"].values()
    assert job["env"] == {
        "SCENARIO": "${{ inputs.scenario }}",
        "RUN_TIME": "${{ inputs.run_time }}",
        "TARGET": "${{ inputs.target }}",
    }
    assert "${{" not in "".join(shell_steps_of_the_workflow())
    assert set(workflow()["on"]["workflow_dispatch"]["inputs"]) == {"scenario", "run_time", "target"}


def test_the_evidence_is_kept_whatever_the_verdict_is() -> None:
    after = steps()[[step.get("name") for step in steps()].index("Run and judge") + 1 :]
    assert [step["name"] for step in after] == [
        "Verdict into the summary",
        "Evidence",
        "Objectives and checks as tests",
    ]
    assert {step["if"] for step in after} == {"always()"}
    post = JENKINSFILE.read_text().partition("post {")[2]
    assert re.search(r"always \{\s+junit .*'results/\*/junit\.xml'.*\s+archiveArtifacts .*'results/\*\*'", post)


@pytest.mark.real
def test_a_run_that_never_started_is_said_in_the_summary(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    assert bash(shell_steps_of_the_workflow()[1], tmp_path, GITHUB_STEP_SUMMARY=str(summary)).returncode == 0
    assert summary.read_text() == "No verdict: the run did not start.\n"


@pytest.fixture
def checkout() -> Iterator[Path]:
    """Yield a fresh one, in which what the first run would install and fetch is there already."""
    # Not pytest's folder: PostgreSQL may run as another user, who must be able to enter.
    place = Path(tempfile.mkdtemp(prefix="checkout-"))
    place.chmod(0o755)
    folder = place / "swarmscope"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_IN_A_CHECKOUT), symlinks=True)
    install(folder)
    yield folder
    shutil.rmtree(place)


@pytest.mark.alone
@pytest.mark.nightly  # tests/ci/test_action.py runs the steps of the action
@pytest.mark.real
def test_the_shell_steps_run_judge_and_leave_what_is_uploaded(checkout: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    variables = {"SCENARIO": "smoke", "RUN_TIME": "15s", "TARGET": "", "GITHUB_STEP_SUMMARY": str(summary)}
    run, summarise = shell_steps_of_the_workflow()
    result = bash(run, checkout, **variables)
    assert result.returncode == 0, result.stdout + result.stderr
    assert bash(summarise, checkout, **variables).returncode == 0
    assert "PASS" in summary.read_text().splitlines()[0]
    (report,) = checkout.glob("results/*/junit.xml")
    suite = ET.parse(report).getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
