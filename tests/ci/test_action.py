"""The action for pull requests: its steps are run as they are written, against a server that plays GitHub's API."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.forge import Forge
from tests.ci.test_examples import bash
from tests.examples.shop import Shop
from tests.places import ROOT

ACTION = ROOT / "action.yml"
LOCUSTFILE = """
from locust import FastHttpUser, constant, task
class Customer(FastHttpUser):
    wait_time = constant(0.1)
    @task
    def items(self): self.client.get("/items")
"""


def step(name: str) -> str:
    document = yaml.safe_load(ACTION.read_text())
    (found,) = (each["run"] for each in document["runs"]["steps"] if each.get("name") == name)
    return str(found)


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as played:
        yield played


def leave_command(folder: Path) -> None:
    """Leave the command where the first step installs it."""
    command = folder / "swarmscope" / "bin" / "swarmscope"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m swarmscope "$@"\n')
    command.chmod(0o755)


@pytest.fixture
def job(tmp_path: Path, forge: Forge) -> dict[str, str]:
    """Return the variables of a job of GitHub's, with the command in place."""
    leave_command(tmp_path)
    (tmp_path / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}))
    return {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": forge.url,
        "GITHUB_REPOSITORY": "team/shop",
        "GITHUB_EVENT_PATH": str(tmp_path / "event.json"),
        "GITHUB_TOKEN": forge.token,
        "GITHUB_OUTPUT": str(tmp_path / "outputs"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
    }


def outputs(job: dict[str, str]) -> dict[str, str]:
    lines = Path(job["GITHUB_OUTPUT"]).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


@pytest.mark.real
def test_a_run_is_judged_summed_up_and_commented_on_and_the_next_one_renews_the_comment(
    tmp_path: Path, job: dict[str, str], forge: Forge
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "locustfile.py").write_text(LOCUSTFILE)
    with Shop() as shop:
        inputs = {"SCENARIO": "shop", "TARGET": shop.url, "LOCUSTFILE": "", "ARGUMENTS": "--users 2 --run-time 8s"}
        done = bash(step("Run and judge"), project, **job, **inputs)
        assert done.returncode == 0, done.stdout + done.stderr
    found = outputs(job)
    assert (found["code"], found["verdict"]) == ("0", "PASS")
    for name in ("Verdict into the summary", "Comment on the pull request", "Comment on the pull request"):
        ended = bash(step(name), project, **job, RESULTS=found["results"])
        assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "PASS: shop" in Path(job["GITHUB_STEP_SUMMARY"]).read_text()
    assert [asked.partition("?")[0] for asked in forge.asked] == [
        "GET /repos/team/shop/issues/7/comments",
        "POST /repos/team/shop/issues/7/comments",
        "GET /repos/team/shop/issues/7/comments",
        "PATCH /repos/team/shop/issues/comments/1",
    ]
    (body,) = forge.comments.values()
    assert body.startswith("<!-- swarmscope: shop -->\n## ✅ PASS: shop")


@pytest.mark.parametrize(
    ("fail_on", "code", "verdict", "exit_code"),
    [
        ("inconclusive", "0", "PASS", 0),
        ("inconclusive", "1", "FAIL", 1),
        ("inconclusive", "2", "INCONCLUSIVE", 2),
        ("inconclusive", "", "", 2),
        ("fail", "1", "FAIL", 1),
        ("fail", "2", "INCONCLUSIVE", 0),
        ("fail", "2", "none", 1),
        ("fail", "", "", 1),
        ("never", "1", "FAIL", 0),
        ("nothing", "0", "PASS", 2),
    ],
)
@pytest.mark.real
def test_the_gate_does_what_fail_on_says(tmp_path: Path, fail_on: str, code: str, verdict: str, exit_code: int) -> None:
    done = bash(step("Gate"), tmp_path, FAIL_ON=fail_on, CODE=code, VERDICT=verdict)
    assert done.returncode == exit_code, done.stderr


def test_no_input_gets_into_a_script() -> None:
    document: dict[str, Any] = yaml.safe_load(ACTION.read_text())
    assert not [each for each in document["runs"]["steps"] if "${{" in each.get("run", "")]


@pytest.mark.faults
@pytest.mark.real
def test_the_job_for_gitlab_leaves_what_its_reports_name_and_a_note(tmp_path: Path, forge: Forge) -> None:
    document = yaml.safe_load((ROOT / "examples" / "ci" / "gitlab-ci.yml").read_text())["load-test"]
    leave_command(tmp_path)
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    (tmp_path / "swarmscope.toml").write_text('[scenarios.smoke]\nusers = 2\nrun_time = "8s"\n')
    variables = {
        "PATH": f"{tmp_path / 'swarmscope' / 'bin'}:{os.environ['PATH']}",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": forge.url,
        "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "12",
        "GITLAB_TOKEN": forge.token,
        "SCENARIO": document["variables"]["SCENARIO"],
    }
    with Shop() as shop:
        for line in (*document["script"], *document["after_script"]):
            done = bash(line, tmp_path, **variables, TARGET=shop.url)
            assert done.returncode == 0, done.stdout + done.stderr
    for report in document["artifacts"]["reports"].values():
        assert len(list(tmp_path.glob(report))) == 1
    (note,) = forge.comments.values()
    assert note.startswith("<!-- swarmscope: smoke -->\n## ✅ PASS: smoke")
