"""Whole runs of locustfiles whose clients, names and hosts are not those of the reference users."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from swarmscope.processes.ports import PortPicker
from tests.runs.command import ROOT, RunCommand
from tests.runs.counting_target import CountingTarget

pytestmark = pytest.mark.real

LOCUSTFILES = Path(__file__).with_name("locustfiles")


def run_of(
    folder: Path,
    locustfile: str,
    *arguments: str,
    users: int,
    latency_p95: float = 1.0,
    error_ratio: float = 0.01,
    environment: Mapping[str, str] | None = None,
) -> RunCommand:
    """Return a run of ten seconds on one worker, under two thresholds of its own."""
    thresholds = folder / "thresholds.yml"
    folder.mkdir(parents=True, exist_ok=True)
    rule = (
        "{{record: loadtest:threshold, labels: {{scenario: t, objective: {}, bound: max, severity: critical}},"
        " expr: vector({})}}"
    )
    rules = [rule.format("latency_p95_seconds", latency_p95), rule.format("error_ratio", error_ratio)]
    thresholds.write_text("groups:\n- name: t-thresholds\n  rules:\n" + "".join(f"  - {line}\n" for line in rules))
    files = ("--locustfile", str(LOCUSTFILES / locustfile), "--thresholds", str(thresholds))
    load = ("--users", str(users), "--spawn-rate", str(users), "--run-time", "10s", "--workers", "1")
    return RunCommand(folder, "t", *files, *load, *arguments, environment=environment)


@pytest.mark.kind("clients of every kind", "redirects, and calls without an HTTP status", verdict="PASS")
def test_redirects_of_every_client_and_calls_without_a_status_are_accounted_for(tmp_path: Path) -> None:
    with CountingTarget() as target:
        run = run_of(tmp_path, "clients.py", "--host", target.url, "--api-metrics", target.address, users=4)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    ledger = verdict["ledger"]
    assert (verdict["verdict"], verdict["reasons"]) == ("PASS", [])
    assert "errors 0.00 %" in run.text
    assert ledger["redirects"] == ledger["http_answered"] > 50
    assert ledger["target"] == ledger["http_answered"] + ledger["redirects"]
    assert (ledger["unanswered"], ledger["redirects_elsewhere"]) == (0, 0)
    assert ledger["without_status"] > 20
    assert ledger["prometheus"] == ledger["http_answered"] + ledger["without_status"]


@pytest.mark.nightly
def test_the_hosts_of_the_user_classes_are_tested_each_by_its_users(tmp_path: Path) -> None:
    with CountingTarget() as first, CountingTarget() as second:
        hosts = {"FIRST_HOST": f"{first.url}/", "SECOND_HOST": second.url}
        run = run_of(tmp_path, "class_hosts.py", users=2, environment=hosts)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"]) == ("PASS", [])
    assert f"1 worker(s) on {first.url}/, {second.url};" in run.text
    counts = {path: (first.answered[path], second.answered[path]) for path in ("/fast", "/slow")}
    assert (counts["/fast"][1], counts["/slow"][0]) == (0, 0)
    assert counts["/fast"][0] + counts["/slow"][1] >= verdict["ledger"]["prometheus"] > 40
    assert "API" not in run.text  # the reference API was not started


def test_a_host_of_a_user_class_that_does_not_answer_stops_the_run_before_any_load(tmp_path: Path) -> None:
    with CountingTarget() as first:
        gone = f"http://127.0.0.1:{PortPicker(print).pick('nothing')}"
        run = run_of(tmp_path, "class_hosts.py", users=2, environment={"FIRST_HOST": first.url, "SECOND_HOST": gone})
        assert run.exit_code() == 2
    assert run.text.splitlines() == [
        f"The API at {gone} does not answer (connection refused): start it, or name another with --host"
    ]


def test_without_any_host_the_reference_api_is_not_started_for_anothers_users(tmp_path: Path) -> None:
    run = run_of(tmp_path, "clients.py", users=4)
    assert run.exit_code() == 2
    path = LOCUSTFILES / "clients.py"
    assert run.text.splitlines() == [
        f"{path.name} names no host: give the URL of your API with --host, or as `host` of its user classes"
    ]


def test_the_web_interface_is_not_brought_up_either(tmp_path: Path) -> None:
    path = LOCUSTFILES / "clients.py"
    command = [sys.executable, "-m", "swarmscope", "web", "--locustfile", str(path), "--state-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        f"{path.name} names no host: give the URL of your API with --host, or as `host` of its user classes"
    ]


@pytest.mark.kind("clients of every kind", "names with markup, pipes and control characters", verdict="FAIL")
def test_hostile_names_in_a_whole_run_leave_well_formed_reports_of_ours_and_of_locust(tmp_path: Path) -> None:
    with CountingTarget() as target:
        run = run_of(tmp_path, "names.py", "--host", target.url, users=1, latency_p95=0.5)
        assert run.exit_code() == 1, run.text
    verdict = run.verdict()
    assert verdict["reasons"] != []
    assert {item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"} == {"latency_p95_seconds"}
    for name in ("locust-report.html", "locust-requests.csv", "report.html", "verdict.md"):
        assert (run.folder / name).stat().st_size > 500, name
    assert (run.folder / "locust-failures.csv").read_text().splitlines() == [
        "Method,Name,Error,Occurrences,First Seen,Last Seen"
    ]
    ET.parse(run.folder / "junit.xml")
    with (run.folder / "locust-requests.csv").open(newline="") as file:
        rows = {row["Name"]: row for row in csv.DictReader(file)}
    assert {"None", "", "12", "<script>alert(1)</script>", "/a|b"} <= rows.keys()
    assert int(rows["Aggregated"]["Failure Count"]) == verdict["figures"]["failures"] == 0


@pytest.mark.nightly  # tests/exporters/test_proxies.py has each client
def test_proxies_of_the_environment_are_off_for_a_run_and_on_when_asked_for(tmp_path: Path) -> None:
    with CountingTarget() as target:
        gone = f"http://127.0.0.1:{PortPicker(print).pick('nothing')}"
        proxied = {"http_proxy": gone, "no_proxy": "", "NO_PROXY": ""}
        hosts = {"FIRST_HOST": target.url, "SECOND_HOST": target.url}
        off = run_of(tmp_path / "off", "class_hosts.py", users=2, environment=proxied | hosts)
        assert off.exit_code() == 0, off.text
        on = {**proxied, **hosts, "LOADTEST_USE_PROXIES": "true"}
        run = run_of(tmp_path / "on", "class_hosts.py", users=2, environment=on)
        assert run.exit_code() == 2
    assert "LOADTEST_USE_PROXIES" not in off.text
    assert " ".join(run.text.split()) == (
        "LOADTEST_USE_PROXIES has no effect on Fast: FastHttpUser and LeanHttpUser take a proxy only from their"
        f" attributes proxy_host and proxy_port The API at {target.url} does not answer (the proxy: connection"
        " refused): start it, or name another with --host"
    )
