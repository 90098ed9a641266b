"""Runs of a project that says in swarmscope.toml what judges it: patterns, quantiles, a metric of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.examples.shop import Shop
from tests.runs.command import RunCommand

pytestmark = pytest.mark.real

LOCUSTFILE = """\
from locust import FastHttpUser, TaskSet, constant, tag, task
from prometheus_client import Gauge

depth = Gauge("shop_queue_depth", "Depth of the queue.")


class Customer(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def items(self):
        depth.set(7)
        self.client.get("/items")

    @task
    def item(self):
        self.client.get("/items/1", name="/items/{id}")

    @task
    class Seldom(TaskSet):
        @tag("removed")
        @task(50)
        def removed(self):
            self.client.get("/removed")

        @task
        def leave(self):
            self.interrupt()
"""
TOML = """\
[objectives.queue_depth]
expr = "shop_queue_depth"
unit = "count"
bound = "max"
advice = "Add workers to the queue."

[objectives.lost_jobs]
expr = "shop_lost_jobs"
unit = "count"
bound = "max"

[thresholds]
latency_p50 = "1s"

[scenarios.good]
users = 4
run_time = "14s"
exclude_tags = ["removed"]
thresholds = { latency_p90 = "1s", latency_p99_9 = "5s", latency_max = "9s", error_ratio = "1%", queue_depth = 10 }
endpoints."GET /items*" = { latency_p95 = "1s", error_ratio = "5%" }
endpoints."GET /items/{id}" = { latency_p95 = "2s", latency_mean = "1s" }

[scenarios.missed]
extends = "good"
thresholds = { queue_depth = 5 }
endpoints."* /items/*" = { latency_max = "1ms" }

[scenarios.unmeasured]
extends = "good"
thresholds = { lost_jobs = 1 }
endpoints."* /admin/*" = { error_ratio = "5%" }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "swarmscope.toml").write_text(TOML)
    (folder / "locustfile.py").write_text(LOCUSTFILE)
    return folder


def run_of(project: Path, scenario: str) -> RunCommand:
    with Shop() as shop:
        arguments = (scenario, "--host", shop.url, "--workers", "1")
        run = RunCommand(project.parent, *arguments, environment={"SWARMSCOPE_PROJECT": str(project)})
        run.exit_code()
    return run


@pytest.mark.alone
def test_each_endpoint_of_a_pattern_and_a_metric_of_the_project_are_judged(project: Path) -> None:
    run = run_of(project, "good")
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"]) == ("PASS", []), run.text
    found = {
        (item["objective"], item["method"] or "", item["name"] or ""): item["threshold"]
        for item in verdict["objectives"]
        if item["objective"].startswith(("endpoint_latency", "endpoint_error", "latency", "queue"))
    }
    assert found == {
        ("endpoint_error_ratio", "", ""): 0.5,
        ("endpoint_error_ratio", "GET", "/items"): 0.05,
        ("endpoint_error_ratio", "GET", "/items/{id}"): 0.05,
        ("endpoint_latency_p95_seconds", "GET", "/items"): 1,
        ("endpoint_latency_p95_seconds", "GET", "/items/{id}"): 2,
        ("endpoint_latency_mean_seconds", "GET", "/items/{id}"): 1,
        ("latency_p50_seconds", "", ""): 1,
        ("latency_p90_seconds", "", ""): 1,
        ("latency_p95_seconds", "", ""): 0.5,
        ("latency_p99_seconds", "", ""): 1,
        ("latency_p99_9_seconds", "", ""): 5,
        ("latency_max_seconds", "", ""): 9,
        ("queue_depth", "", ""): 10,
    }
    (depth,) = (item for item in verdict["objectives"] if item["objective"] == "queue_depth")
    assert (depth["measured"], depth["samples"] >= 3) == (7, True)
    assert 'pattern: "GET /items*"' in (run.folder / "rules" / "swarmscope-thresholds.yml").read_text()


@pytest.mark.faults
def test_what_is_missed_is_named_with_its_advice(project: Path) -> None:
    run = run_of(project, "missed")
    verdict = run.verdict()
    assert verdict["verdict"] == "FAIL", run.text
    failed = {(item["objective"], item["name"]) for item in verdict["objectives"] if item["status"] == "FAIL"}
    assert failed == {("queue_depth", None), ("endpoint_latency_max_seconds", "/items/{id}")}
    assert "Add workers to the queue." in verdict["recommendation"]


@pytest.mark.nightly
def test_a_pattern_that_no_endpoint_matches_and_a_metric_without_data_are_inconclusive(project: Path) -> None:
    run = run_of(project, "unmeasured")
    verdict = run.verdict()
    assert verdict["verdict"] == "INCONCLUSIVE", run.text
    reasons = " ".join(verdict["reasons"])
    assert "endpoint_error_ratio * /admin/*" in reasons
    assert "without data: lost jobs" in reasons


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'expr = "shop_queue_depth"',
            'expr = "max(shop_queue_depth"',
            ":2: objectives.queue_depth.expr = 'max(shop_queue_depth': Prometheus cannot read it: unclosed left",
        ),
        (
            'users = 4\nrun_time = "14s"',
            "",
            "scenario good has no users and no run_time: add users and run_time to it in swarmscope.toml, or",
        ),
        (
            'latency_p90 = "1s"',
            'latency_p90 = "1.1s"',
            ":19: scenarios.good.thresholds.latency_p90 = '1.1s': is 1.1 s, which is not an edge of a bucket: expect",
        ),
    ],
)
def test_a_mistake_is_one_line_before_the_load(project: Path, before: str, after: str, said: str) -> None:
    assert before in TOML
    (project / "swarmscope.toml").write_text(TOML.replace(before, after))
    run = run_of(project, "good")
    assert run.exit_code() == 2
    # A server of another test may have a usual port.
    (line,) = [line for line in run.text.strip().splitlines() if " is in use by " not in line]
    assert said in line
    assert not list(project.parent.glob("results/*/verdict.json"))
