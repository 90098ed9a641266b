"""A whole CI job in Docker: one command, whose exit code is the verdict."""

import base64
import gzip
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from swarmscope.report.html.page import plotly_js
from tests.artefacts import secrets_of, told_in, told_in_files
from tests.compose.docker import ComposeStack
from tests.compose.test_stack import CONNECT

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1200)]

OWNER = 12345  # nobody of this machine


def folder_of(owner: int, parent: Path) -> Path:
    folder = parent / "of-the-runner"
    folder.mkdir()
    if os.getuid() == 0:  # else it is ours, and that is who has to own what comes
        os.chown(folder, owner, owner)
    return folder


def verdict_in(results: Path) -> dict[str, Any]:
    [path] = results.glob("*/verdict.json")
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(OWNER, tmp_path_factory.mktemp("runner"))


@pytest.fixture(scope="module")
def ended(stack: ComposeStack, results: Path) -> subprocess.CompletedProcess[str]:
    return stack.run_runner("smoke", "--run-time", "20s", results=results)


def test_a_run_that_passes_is_exit_code_0_with_the_verdict_on_the_terminal(
    ended: subprocess.CompletedProcess[str], results: Path
) -> None:
    assert ended.returncode == 0, ended.stdout + ended.stderr
    [folder] = results.iterdir()
    assert {"verdict.json", "verdict.md", "junit.xml", "report.html"} <= {path.name for path in folder.iterdir()}
    assert "Verdict: PASS" in ended.stdout
    assert f"Results: results/{folder.name}\n" in ended.stdout


@pytest.mark.usefixtures("ended")
def test_the_report_contains_the_script_that_draws_it(results: Path) -> None:
    [report] = results.glob("*/report.html")
    (packed,) = re.findall(r'<script type="application/gzip" id="plotly">([^<]+)</script>', report.read_text("utf-8"))
    # Another version of zlib packs it into other bytes.
    assert gzip.decompress(base64.b64decode(packed)).decode() == plotly_js()


def test_both_workers_took_part_and_the_ledger_balances(ended: subprocess.CompletedProcess[str], results: Path) -> None:
    ledger = verdict_in(results)["ledger"]
    counts = {sum(ledger["workers"].values()), ledger["locust"], ledger["exporter"], ledger["prometheus"]}
    assert (len(ledger["workers"]), len(counts)) == (2, 1), ended.stdout
    assert ledger["http_answered"] <= ledger["target"] <= ledger["http_answered"] + ledger["cut_off"]


@pytest.mark.usefixtures("ended")
def test_what_it_leaves_belongs_to_whom_the_folder_belongs(results: Path) -> None:
    left = [results, *results.rglob("*")]
    assert len(left) > 10
    assert {path.stat().st_uid for path in left} == {results.stat().st_uid}
    assert not [path for path in left if path.stat().st_mode & 0o022]


@pytest.mark.usefixtures("ended")
def test_neither_what_it_leaves_nor_any_log_tells_a_secret(stack: ComposeStack, results: Path) -> None:
    secrets = secrets_of(stack.env_file)
    assert told_in_files(results, secrets) == []
    logs = stack.compose("logs", "--no-color").stdout
    assert "listening on http://0.0.0.0:8000" in logs
    assert told_in(logs, secrets) == []


@pytest.mark.usefixtures("ended")
def test_nothing_of_the_runner_is_left_and_everything_else_still_runs(stack: ComposeStack) -> None:
    states = stack.compose("ps", "--all", "--format", "{{.Service}} {{.State}}").stdout.split("\n")
    running = [line for line in states if line]
    assert not [line for line in running if line.startswith("runner ")]
    assert {line.split()[1] for line in running} == {"running"}


def test_a_missed_objective_is_exit_code_1(stack: ComposeStack, tmp_path: Path) -> None:
    results = folder_of(OWNER, tmp_path)
    ended = stack.run_runner("baseline", "--users", "2", "--run-time", "20s", results=results)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    failed = {item["objective"] for item in verdict_in(results)["objectives"] if item["status"] == "FAIL"}
    assert failed == {"throughput_requests_per_second"}


def test_what_cannot_be_run_is_exit_code_2_and_one_line(stack: ComposeStack, tmp_path: Path) -> None:
    results = folder_of(OWNER, tmp_path)
    ended = stack.run_runner("lunch", results=results)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "unknown scenario 'lunch': expected one of smoke, " in ended.stderr
    assert list(results.iterdir()) == []


def test_without_a_results_folder_it_says_so_and_makes_none_that_is_roots(stack: ComposeStack, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    variables = {"RESULTS_DIR": str(gone), "LOCUST_WORKERS": "2"}
    gone.rmdir()
    ended = stack.compose("run", "--rm", "--no-TTY", "runner", "smoke", variables=variables)
    assert ended.returncode != 0
    assert "gone" in ended.stderr
    assert not gone.exists()


def test_it_reaches_locust_and_prometheus_and_nothing_of_the_target(stack: ComposeStack, tmp_path: Path) -> None:
    expected = {
        "locust-web:8089": "accepts",
        "prometheus-web:9090": "accepts",
        "api:8000": "unknown",
        "postgres:5432": "unknown",
        "redis:6379": "unknown",
        "postgres-exporter:9187": "unknown",
        "locust-worker:8089": "unknown",
    }
    variables = {"RESULTS_DIR": str(tmp_path), "LOCUST_WORKERS": "2"}
    command = ("run", "--rm", "--no-TTY", "--entrypoint", "python", "runner", "-", *expected)
    ended = stack.compose(*command, stdin=CONNECT, variables=variables)
    assert dict(line.split() for line in ended.stdout.splitlines()) == expected, ended.stderr


def test_an_api_elsewhere_is_judged_without_ours(own_api_stack: ComposeStack, tmp_path: Path) -> None:
    results = folder_of(OWNER, tmp_path)
    ended = own_api_stack.run_runner("smoke", "--run-time", "20s", results=results)
    # Judged, whatever the verdict: an API that was started a moment ago may be slow on a busy machine.
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    services = own_api_stack.compose("ps", "--all", "--format", "{{.Service}}").stdout.split()
    assert set(services) == {"prometheus", "locust-master", "locust-worker"}
    ledger = verdict_in(results)["ledger"]
    assert ledger["http_answered"] <= ledger["target"] <= ledger["http_answered"] + ledger["cut_off"]
    [info] = own_api_stack.prometheus.instant("loadtest_run_info")
    assert info.labels["host"] == "http://elsewhere:8000"
    assert own_api_stack.prometheus.value('min(up{job="api", instance="elsewhere:8000"})') == 1
    assert own_api_stack.prometheus.instant('up{job=~"postgres|redis"}') == ()
