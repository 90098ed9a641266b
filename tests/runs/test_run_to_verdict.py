"""Whole runs on real parts: API, PostgreSQL, Redis, Locust master and workers, exporter, Prometheus, verdict."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests

from tests.runs.command import RULES, RunCommand, rules_with

pytestmark = pytest.mark.real

SHORT = ("smoke", "--run-time", "20s")


def test_a_healthy_run_with_two_workers_passes_and_every_hop_counted_the_same(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, *SHORT, "--workers", "2")
    assert run.exit_code() == 0, run.text
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


def test_an_impossible_threshold_fails_the_same_run_and_names_the_objective(tmp_path: Path) -> None:
    text = (RULES / "thresholds.yml").read_text()
    line = next(line for line in text.splitlines() if "scenario: default" in line and "latency_p95_seconds" in line)
    impossible = re.sub(r"vector\([^)]*\)", "vector(0.001)", line)
    rules = rules_with(tmp_path / "rules", {line: impossible})
    run = RunCommand(tmp_path, *SHORT, "--rules", str(rules))
    assert run.exit_code() == 1, run.text
    verdict = run.verdict()
    assert verdict["verdict"] == "FAIL"
    failed = [item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"]
    assert failed == ["latency_p95_seconds"]
    assert any("latency_p95_seconds" in reason for reason in verdict["reasons"])
    assert verdict["first_breach"]["subject"] == "latency_p95_seconds"


def test_prometheus_stopped_in_mid_run_is_inconclusive(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "60s")
    run.wait_for("steady")
    run.child("/prometheus", "--config.file").kill()
    assert run.exit_code() == 2, run.text
    assert run.verdict()["verdict"] == "INCONCLUSIVE"
    assert "report.html is missing: Prometheus at " in run.text
    assert not (run.folder / "report.html").exists()
    assert run.leftovers() == []


def test_the_api_killed_in_mid_run_fails_the_run(tmp_path: Path) -> None:
    run = RunCommand(tmp_path, "smoke", "--run-time", "30s")
    run.wait_for("steady")
    run.child("-m", "api").kill()
    assert run.exit_code() == 1, run.text
    verdict = run.verdict()
    assert verdict["verdict"] == "FAIL"
    assert "error_ratio" in {item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"}


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
        (("smoke", "--locustfile", "nowhere.py"), "There is no locustfile at nowhere.py: "),
        (("smoke", "--rules", "nowhere"), "There are no rule files (*.yml) in nowhere: "),
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
