"""Whole runs on real parts: API, PostgreSQL, Redis, Locust master and workers, exporter, Prometheus, verdict."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests

from swarmscope.compare.figures import FIGURES
from swarmscope.compare.summary import ALL
from swarmscope.project.env_file import ENV_FILE
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.read_summary import read_summary
from tests.artefacts import secrets_of, told_in, told_in_files
from tests.grafana.dashboard_files import targets
from tests.grafana.real_run import panels_with_a_reason, prometheus_of, reason_for_no_data, stage_of
from tests.grafana.test_queries_on_a_real_prometheus import samples
from tests.places import ROOT
from tests.run.web_server import WebServer, serving
from tests.runs.command import RULES, RunCommand, rules_with

pytestmark = pytest.mark.real

SHORT = ("smoke", "--run-time", "20s")


@dataclass(frozen=True)
class HealthyRun:
    """A run that passed, what it told Grafana, the environment of its Locust master, and the verdict in Prometheus."""

    command: RunCommand
    state_dir: Path
    grafana: WebServer
    locust: dict[str, str]
    published: dict[str, str]


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> HealthyRun:
    folder = tmp_path_factory.mktemp("healthy")
    with serving(WebServer()) as grafana:
        settings = {"GRAFANA_URL": grafana.url, "GRAFANA_TOKEN": "glsa_token", "GRAFANA_ADMIN_PASSWORD": "admins"}
        run = RunCommand(folder, *SHORT, "--workers", "2", "--keep", environment=settings)
        try:
            run.wait_for("steady")
            locust = run.child("-m", "locust", "--master").environ()
            run.wait_for(r"Until Ctrl-C these stay up:\s+Grafana \S+\s+Prometheus \S+")
            prometheus = PrometheusApi(re.findall(r"stay up:\s+Grafana \S+\s+Prometheus (\S+)", run.text)[0])
            [published] = prometheus.instant("last_over_time(loadtest_run_verdict[1m])")
            run.interrupt()
            assert run.exit_code() == 0, run.text
        finally:
            run.end()
    return HealthyRun(run, folder / "state", grafana, locust, dict(published.labels))


@pytest.mark.nightly
@pytest.mark.alone
def test_a_run_may_be_looked_at_after_its_verdict_until_ctrl_c_which_changes_nothing_of_it(healthy: HealthyRun) -> None:
    run = healthy.command
    assert "Verdict: PASS" in run.text.partition("Until Ctrl-C these stay up")[0]
    assert (healthy.published["verdict"], healthy.published["run_id"]) == ("pass", run.folder.name)
    assert run.leftovers() == []
    shown = rf"stay up:\s+Grafana {healthy.grafana.url}/d/run-overview\S+&from=(\d+)&to=(\d+)"
    begin, end = re.findall(shown, run.text)[0]
    assert 20_000 < int(end) - int(begin) < 120_000
    linked = re.findall(rf'href="({healthy.grafana.url}/d/[^"]+)"', (run.folder / "report.html").read_text())
    assert [html.unescape(address).rpartition("from=")[2] for address in linked] == [f"{begin}&to={end}"]


@pytest.mark.alone
def test_a_healthy_run_with_two_workers_passes_and_every_hop_counted_the_same(healthy: HealthyRun) -> None:
    run = healthy.command
    verdict = run.verdict()
    ledger = verdict["ledger"]
    counts = {sum(ledger["workers"].values()), ledger["locust"], ledger["exporter"], ledger["prometheus"]}
    assert (verdict["verdict"], verdict["reasons"], len(ledger["workers"]), len(counts)) == ("PASS", [], 2, 1)
    assert ledger["locust"] > 50
    assert ledger["http_answered"] <= ledger["target"] <= ledger["http_answered"] + ledger["cut_off"]
    assert {item["status"] for item in verdict["objectives"]} == {"PASS"}
    assert "Verdict: PASS" in run.text
    left = {path.name for path in run.folder.iterdir()}
    assert {
        "verdict.json",
        "verdict.md",
        "junit.xml",
        "rules",
        "logs",
        "locust-report.html",
        "locust-requests.csv",
        "report.html",
    } <= left
    assert f"Report: {run.folder / 'report.html'}" in run.text
    assert "PASS</div>" in (run.folder / "report.html").read_text()
    suite = ET.parse(run.folder / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors")) == ("0", "0")
    secrets = secrets_of(ENV_FILE)
    assert told_in_files(run.results, secrets) == told_in(run.text, secrets) == []


@pytest.mark.alone
def test_a_run_is_judged_and_drawn_the_same_elsewhere_from_its_folder_alone(
    healthy: HealthyRun, tmp_path: Path
) -> None:
    run = healthy.command
    assert re.search(r"evidence 0\.\d MB: ", run.text)
    copy = Path(shutil.copytree(run.folder, tmp_path / "artefact" / run.folder.name))
    (copy / "report.html").unlink()
    judged = from_folder("verdict", copy.parent)
    assert judged.returncode == 0, judged.stdout + judged.stderr
    first, again = run.verdict(), json.loads((copy / "judged-again" / "verdict.json").read_text())
    assert {key for key in first if first[key] != again[key]} == {"context", "evidence", "digest"}
    assert from_folder("report", copy).returncode == 0
    assert "PASS</div>" in (copy / "report.html").read_text()


@pytest.mark.alone
def test_a_run_is_compared_by_the_figures_of_its_verdict(healthy: HealthyRun) -> None:
    run = healthy.command
    read, measured = read_summary(run.folder), run.verdict()["figures"]["measured"]
    whole = read.subjects[ALL].whole
    for name in ("latency_p50_seconds", "latency_p95_seconds", "latency_mean_seconds", "error_ratio"):
        assert FIGURES[name].value(whole) == pytest.approx(measured[name], rel=1e-9), name
    assert whole.requests == run.verdict()["figures"]["requests"]
    assert sum(read.subjects[key].whole.requests for key in read.endpoints) == whole.requests
    assert (read.verdict, read.doubts, read.conditions.workers) == ("PASS", (), 2)


def from_folder(command: str, place: Path) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "swarmscope", command, "--from", str(place)]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.alone
def test_a_run_is_told_to_grafana_by_the_runner_alone(healthy: HealthyRun) -> None:
    asked, run = healthy.grafana.asked, healthy.command
    assert {(each.method, each.path, each.authorization) for each in asked} == {
        ("POST", "/api/annotations", "Bearer glsa_token")
    }
    run_id = run.folder.name
    assert {tuple(each.body["tags"][:3]) for each in asked} == {("swarmscope", run_id, "smoke")}  # type: ignore[index]
    assert [str(each.body["text"]).split("<br>")[0] for each in asked] == [
        f"Run {run_id} started",
        f"Run {run_id} stopped",
        f"Run {run_id}: PASS",
    ]
    assert str(asked[-1].body["text"]).endswith(f"Results: {run.folder}")
    assert healthy.locust["LOADTEST_GRAFANA_URL"] == healthy.grafana.url
    assert {"GRAFANA_TOKEN", "GRAFANA_ADMIN_PASSWORD"} & set(healthy.locust) == set()


@pytest.mark.alone
def test_every_panel_of_every_dashboard_has_data_of_a_real_run_or_a_reason_to_have_none(
    healthy: HealthyRun, tmp_path: Path
) -> None:
    with prometheus_of(healthy.state_dir, tmp_path / "prometheus.log") as prometheus:
        stage = stage_of(prometheus, healthy.command.folder.name)
        answers = {target: stage.ask(target) for target in targets()}
    complaints = {str(target): answer["error"] for target, answer in answers.items() if "error" in answer}
    assert complaints == {}
    with_data = {(target.dashboard, target.panel) for target, answer in answers.items() if samples(answer)}
    without_data = {(target.dashboard, target.panel) for target in answers} - with_data
    assert {panel for panel in without_data if reason_for_no_data(*panel) is None} == set()
    assert panels_with_a_reason() <= with_data | without_data, "a reason for a panel that there is not"


@pytest.mark.nightly
@pytest.mark.alone
@pytest.mark.kind("the target answers wrongly", "slower than its threshold", verdict="FAIL")
def test_an_impossible_threshold_fails_the_same_run_and_names_the_objective(tmp_path: Path) -> None:
    text = (RULES / "thresholds.yml").read_text()
    line = next(line for line in text.splitlines() if "scenario: default" in line and "latency_p95_seconds" in line)
    impossible = re.sub(r"vector\([^)]*\)", "vector(0.001)", line)
    rules = rules_with(tmp_path / "rules", {line: impossible})
    with serving(WebServer(is_slow=True)) as grafana:  # of which the run takes no notice
        settings = {"GRAFANA_URL": grafana.url, "GRAFANA_TOKEN": "glsa_token"}
        rules_of_the_run = ("--rules", str(rules), "--min-samples", "100000")
        run = RunCommand(tmp_path, *SHORT, *rules_of_the_run, environment=settings)
        assert run.exit_code() == 1, run.text
    assert " ".join(run.text.split()).count(f"Grafana at {grafana.url} has no notes of this run, or not all:") == 1
    verdict = run.verdict()
    assert verdict["verdict"] == "FAIL"
    failed = [item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"]
    assert failed == ["latency_p95_seconds"]
    assert any(reason.startswith("latency p95 ") and ", limit 1 ms, over " in reason for reason in verdict["reasons"])
    assert verdict["first_breach"]["subject"] == "latency_p95_seconds"
    assert any("with fewer than 100000 samples: " in reason for reason in verdict["reasons"])
    assert verdict["context"]["min_samples"] == 100000


@pytest.mark.nightly  # tests/faults/test_prometheus.py stops and kills it too
def test_prometheus_stopped_in_mid_run_is_inconclusive(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "60s")
    run.wait_for("steady")
    run.child("/prometheus", "--config.file").kill()
    assert run.exit_code() == 2, run.text
    assert run.verdict()["verdict"] == "INCONCLUSIVE"
    assert "report.html is missing: Prometheus at " in run.text
    assert not (run.folder / "report.html").exists()
    assert run.leftovers() == []


@pytest.mark.kind("the target answers wrongly", "the API is killed in mid-run", verdict="FAIL")
@pytest.mark.alone
def test_the_api_killed_in_mid_run_fails_the_run(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "30s")
    run.wait_for("steady")
    run.child("-m api").kill()
    assert run.exit_code() == 1, run.text
    verdict = run.verdict()
    assert verdict["verdict"] == "FAIL"
    assert "error_ratio" in {item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"}


@pytest.mark.kind("the target answers wrongly", "the API does not answer at the start", verdict="refused")
def test_no_api_at_the_start_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, *SHORT, "--host", "http://127.0.0.1:9")
    assert run.exit_code() == 2
    assert run.text.splitlines()[-1] == (
        "The API at http://127.0.0.1:9 does not answer (connection refused): start it, or name another with --host"
    )
    assert "Traceback" not in run.text


def test_ctrl_c_in_mid_run_leaves_the_evidence_and_no_process(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "60s", "--workers", "2")
    run.wait_for("steady")
    assert len(run.pids) >= 6
    live = re.search(r"live report (http://127\.0\.0\.1:\d+)", " ".join(run.text.split()))
    assert live, run.text
    shown = requests.get(f"{live[1]}/panels.json?keys=run-overview-2,run-overview-5", timeout=30).json()
    assert "RUNNING" in shown["head"]
    assert set(shown["panels"]) == {"run-overview-2", "run-overview-5"}
    run.interrupt()
    assert run.exit_code() == 2, run.text
    verdict = run.verdict()
    assert verdict["verdict"] == "INCONCLUSIVE"
    assert re.fullmatch(r"run: interrupted after \d+ s", verdict["reasons"][0])
    assert verdict["ledger"]["locust"] == verdict["ledger"]["prometheus"] > 0
    assert run.leftovers() == []


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("smoky",), "unknown scenario 'smoky': expected one of "),
        (("smoke", "--users", "-1"), "Invalid --users -1: expected a number over 0"),
        (
            ("smoke", "--run-time", "soon"),
            "Invalid run time 'soon': expected a time span over 0",
        ),
        (("smoke", "--locustfile", "nowhere.py"), f"The locustfile {ROOT / 'nowhere.py'} does not exist: "),
        (("smoke", "--rules", "nowhere"), "No rule files (*.yml) in nowhere: "),
    ],
)
def test_bad_input_is_one_line_before_anything_is_started(
    tmp_path: Path, arguments: tuple[str, ...], line: str
) -> None:
    run = RunCommand(tmp_path, *arguments)
    assert run.exit_code(20) == 2
    assert run.text.strip().startswith(line)
    assert len(run.text.strip().splitlines()) == 1
    assert not run.results.exists()
