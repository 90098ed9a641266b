"""examples/docker: an image built on ours, for a locustfile that imports a package which ours does not have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.conftest import new_name
from tests.compose.docker import COMPOSE_FILE, OWN_API_FILE, ComposeStack, docker
from tests.places import ROOT

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200), pytest.mark.usefixtures("docker_engine")]

EXAMPLE = ROOT / "examples" / "docker"


@pytest.fixture
def example(tmp_path: Path) -> Iterator[ComposeStack]:
    files = (COMPOSE_FILE, OWN_API_FILE, EXAMPLE / "compose.yml")
    project = ComposeStack(new_name(), tmp_path / "test.env", files, {"LOADTEST_HOST": "http://shop:8080"})
    base = ComposeStack(project.project, project.env_file)
    for stack, service in ((base, "locust-master"), (project, "runner")):
        built = stack.compose("build", service, timeout_seconds=900)
        assert built.returncode == 0, built.stderr
    try:
        yield project
    finally:
        project.down()


def test_a_locustfile_with_a_package_of_its_own_runs_in_an_image_on_ours_and_is_judged(
    example: ComposeStack, tmp_path: Path
) -> None:
    results = tmp_path / "results"
    results.mkdir()
    ended = example.run_runner("shop", "--run-time", "20s", results=results)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [path] = results.glob("*-shop/verdict.json")
    verdict = json.loads(path.read_text())
    assert verdict["verdict"] == "PASS"
    judged = {item["objective"]: item["threshold"] for item in verdict["objectives"]}
    assert (judged["latency_p95_seconds"], judged["error_ratio"]) == (0.5, 0.01)
    ledger = verdict["ledger"]
    assert sum(ledger["workers"].values()) == ledger["locust"] == ledger["prometheus"] > 100
    orders = example.prometheus.value('sum(loadtest_requests_total{scenario="shop", name="/orders"})')
    assert orders is not None
    assert orders > 10
    # As the same user as ours, with all that ours has.
    code = "import faker, os, swarmscope, swarmscope_exporter; print(os.getuid())"
    asked = docker("run", "--rm", "--network=none", "--entrypoint=python", "shop-locust", "-c", code)
    assert (asked.stdout, asked.stderr) == ("10001\n", "")
