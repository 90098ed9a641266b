"""How sure a run is, from its requests to its exit code: decided early, undecided, and judged again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.shop import Shop
from tests.runs.command import RunCommand

pytestmark = pytest.mark.real

LOCUSTFILE = """\
from locust import FastHttpUser, constant, task


class Customer(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def items(self):
        self.client.get("/items")
"""
TOML = """\
[scenarios.sure]
users = 4
spawn_rate = 4
thresholds = { latency_p95 = "1s", error_ratio = "5%", latency_mean = "1s", throughput = "1/s" }
endpoints."GET /items" = { latency_p95 = "2s" }

[scenarios.unsure]
users = 4
spawn_rate = 4
run_time = "10s"
thresholds = { latency_p99_9 = "5s", latency_p50 = { critical = "5s", confidence = 0 } }
"""
LOOSE = """\
groups:
  - name: loose
    rules:
      - record: loadtest:threshold
        labels: {scenario: unsure, objective: latency_p90_seconds, bound: max, severity: critical}
        expr: vector(5)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "locustfile.py").write_text(LOCUSTFILE)
    (tmp_path / "swarmscope.toml").write_text(TOML)
    return tmp_path


def environment(project: Path) -> dict[str, str]:
    return {"SWARMSCOPE_PROJECT": str(project)}


@pytest.mark.nightly
def test_a_run_ends_once_every_objective_is_decided(project: Path) -> None:
    with Shop() as shop:
        run = RunCommand(
            project,
            "sure",
            "--until-sure",
            "18s..5m",
            "--host",
            shop.url,
            "--workers",
            "1",
            environment=environment(project),
            sure=True,
        )
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert verdict["run"]["ending"] == "decided"
    assert verdict["context"]["until_sure"] == {"min_seconds": 18.0, "max_seconds": 300.0}
    (ended,) = (check["figure"] for check in verdict["completeness"] if check["name"] == "run")
    assert ended.endswith("s under load, ended when every objective was decided, as planned")
    own = [each for each in verdict["objectives"] if not each["only_warns"]]
    assert {each["objective"].removesuffix("_seconds"): bool(each["interval"]) for each in own} == dict.fromkeys(
        ("endpoint_latency_p95", "error_ratio", "latency_mean", "latency_p95", "throughput_requests_per_second"), True
    )
    # One look in nine of them: each is as much stricter.
    assert {round(each["confidence"], 4) for each in own} == {round(1 - 0.05 / verdict["context"]["looks"], 4)}


@pytest.mark.kind("too few samples", "p99.9 of a run of ten seconds", verdict="INCONCLUSIVE")
def test_too_few_samples_are_inconclusive_and_other_thresholds_can_be_tried_on_them(project: Path) -> None:
    with Shop() as shop:
        run = RunCommand(
            project, "unsure", "--host", shop.url, "--workers", "1", environment=environment(project), sure=True
        )
        assert run.exit_code() == 2, run.text
    verdict = run.verdict()
    assert [reason for reason in verdict["reasons"] if not reason.startswith("confidence: ")] == []
    assert "more samples" in verdict["reasons"][0]
    fired = {(span["name"], span["subject"], span["severity"]) for span in verdict["alerts"]}
    assert ("ObjectiveUndecided", "latency_p99_9_seconds", "critical") in fired
    statuses = {each["objective"]: (each["status"], each["confidence"]) for each in verdict["objectives"]}
    assert statuses["latency_p99_9_seconds"] == ("UNDECIDED", 0.95)
    assert statuses["latency_p50_seconds"] == ("PASS", 0.0)
    (project / "loose.yml").write_text(LOOSE)
    again = subprocess.run(
        [
            *(sys.executable, "-m", "swarmscope", "verdict", "--last", "--thresholds", "loose.yml"),
            *("--results", str(run.results), "--state-dir", str(project / "state")),
        ],
        cwd=project,
        capture_output=True,
        text=True,
        env=os.environ | {"COLUMNS": "160"} | environment(project),
        timeout=60,
        check=False,
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert "decided at 95 %" in again.stdout
