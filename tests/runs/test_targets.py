"""Whole runs against systems under test of every kind: https with an authority of one's own, IPv6, TCP, and none."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from swarmscope.processes.ports import PortPicker
from tests.runs.authority import Authority, new_authority
from tests.runs.command import ROOT
from tests.runs.counting_target import CountingTarget
from tests.runs.test_clients import run_of

pytestmark = pytest.mark.real

USER, PASSWORD = "tester", "s3cret%21pass"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


def project(folder: Path, settings: str) -> dict[str, str]:
    """Write a swarmscope.toml; return what makes a run read it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "swarmscope.toml").write_text(settings)
    return {"SWARMSCOPE_PROJECT": str(folder), "LOADTEST_HOST": "", "LOADTEST_ENVIRONMENT": ""}


def check(verdict: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in verdict["completeness"] if each["name"] == name)
    return dict(found)


def test_all_http_clients_verify_by_the_bundle_and_the_password_of_the_host_is_nowhere(
    tmp_path: Path, authority: Authority
) -> None:
    with CountingTarget(tls=authority.server_context("IP:127.0.0.1")) as target:
        host = target.url.replace("https://", f"https://{USER}:{PASSWORD}@") + "/base"
        details = ("--environment", "staging", "--label", "build=123", "--label", "team=shop")
        run = run_of(tmp_path, "secured.py", "--host", host, "--ca-bundle", str(authority.bundle), *details, users=3)
        run.wait_for(r"worker\(s\) on ")
        command_lines = [" ".join(child.cmdline()) for child in run.children()]
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"], verdict["warnings"]) == ("PASS", [], [])
    for path in ("/base/slow", "/base/fast", "/base/lean"):
        assert target.answered[path] >= 40, target.answered
    shown = f"https://{USER}:***@{target.address}/base"
    described = {name: verdict["run"][name] for name in ("host", "environment", "labels")}
    assert described == {"host": shown, "environment": "staging", "labels": {"build": "123", "team": "shop"}}
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert verdict["run"]["commit"].startswith(head.strip())
    assert f"1 worker(s) on {shown};" in run.text
    for file in ("verdict.md", "report.html", "locust-report.html"):
        assert shown in (run.folder / file).read_text().replace("&#34;", '"'), file
    assert [line for line in command_lines if PASSWORD in line] == []
    assert [path for path in tmp_path.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()] == []


def test_a_bundle_that_does_not_fit_stops_the_run_before_any_load(tmp_path: Path, authority: Authority) -> None:
    other = new_authority(tmp_path / "other").bundle
    with CountingTarget(tls=authority.server_context("IP:127.0.0.1")) as target:
        run = run_of(tmp_path, "secured.py", "--host", target.url, "--ca-bundle", str(other), users=3)
        assert run.exit_code() == 2
    assert run.text == (
        f"The certificate of {target.url} does not fit the CA bundle {other} (certificate verify failed: unable to get"
        " local issuer certificate): give that of its authority with --ca-bundle\n"
    )
    assert sum(target.answered.values()) == 0


def test_a_certificate_for_another_name_is_refused_with_the_name(tmp_path: Path, authority: Authority) -> None:
    with CountingTarget(tls=authority.server_context("DNS:shop.test")) as target:
        run = run_of(tmp_path, "secured.py", "--host", target.url, "--ca-bundle", str(authority.bundle), users=3)
        assert run.exit_code() == 2
    assert "IP address mismatch, certificate is not valid for '127.0.0.1'" in run.text


@pytest.mark.faults
def test_without_a_bundle_the_verdict_says_that_fast_users_verify_nothing(tmp_path: Path, authority: Authority) -> None:
    with CountingTarget(tls=authority.server_context("DNS:shop.test")) as target:
        run = run_of(tmp_path, "secured.py", "--host", target.url, "--user-classes", "Fast,Lean", users=2)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"]) == ("PASS", [])
    assert verdict["warnings"] == [
        "certificates were not verified by Fast, Lean: FastHttpUser takes any; --ca-bundle FILE makes it verify"
    ]
    assert "InsecureRequestWarning" not in run.text


@pytest.mark.nightly  # other targets of this file are named by settings as well
def test_a_target_on_ipv6_that_a_setting_names_is_tested_and_its_counter_agrees(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with CountingTarget(host="::1") as target:
        settings = "[target]\nhost = 'http://127.0.0.1:1'\n"
        environment = project(tmp_path / "project", settings) | {"LOADTEST_HOST": target.url}
        run = run_of(tmp_path, "secured.py", "--api-metrics", target.address, users=3, environment=environment)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["run"]["host"]) == ("PASS", target.url)
    assert verdict["ledger"]["target"] == verdict["ledger"]["http_answered"] > 100


@pytest.mark.parametrize(
    ("expression", "verdict", "figure"),
    [
        ("sum(http_requests_total)", "PASS", "target counted {answered}, expected {answered} answered"),
        pytest.param("sum(http_requests_total) / 2", "INCONCLUSIVE", "target counted ", marks=pytest.mark.faults),
        ("sum(requests_that_nothing_counts)", "INCONCLUSIVE", "the target's own counter is not known"),
    ],
)
def test_the_ledger_ends_at_the_counter_that_the_project_names(
    tmp_path: Path, expression: str, verdict: str, figure: str
) -> None:
    with CountingTarget() as target:
        settings = f"[target]\nhost = '{target.url}'\nmetrics = '{target.address}'\nrequests_total = '{expression}'\n"
        environment = project(tmp_path / "project", settings)
        run = run_of(tmp_path, "secured.py", "--host", target.url, users=3, environment=environment)
        assert run.exit_code() == (0 if verdict == "PASS" else 2), run.text
    document = run.verdict()
    assert document["verdict"] == verdict
    item = check(document, "ledger: target")
    assert item["ok"] is (verdict == "PASS")
    assert figure.format(answered=document["ledger"]["http_answered"]) in item["figure"]


def test_an_expression_that_prometheus_cannot_read_stops_the_run_before_any_load(tmp_path: Path) -> None:
    with CountingTarget() as target:
        environment = project(tmp_path / "project", "[target]\nrequests_total = 'sum(http_requests_total'\n")
        run = run_of(tmp_path, "secured.py", "--host", target.url, users=3, environment=environment)
        assert run.exit_code() == 2
    file = tmp_path / "project" / "swarmscope.toml"
    assert run.text.splitlines()[-1] == (
        f"{file}:2: target.requests_total = 'sum(http_requests_total': Prometheus cannot read it: unclosed left"
        " parenthesis"
    )


def test_users_that_need_no_host_are_run_and_judged_without_one(tmp_path: Path) -> None:
    run = run_of(tmp_path, "hostless.py", users=2, environment=project(tmp_path / "project", ""))
    assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"], verdict["run"]["host"]) == ("PASS", [], None)
    assert "1 worker(s) on no host;" in run.text
    assert verdict["ledger"]["without_status"] == verdict["ledger"]["prometheus"] >= 80


def test_a_target_that_speaks_no_http_is_asked_for_a_connection(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        host = f"redis://:{PASSWORD}@127.0.0.1:{server.getsockname()[1]}/0"
        run = run_of(tmp_path, "hostless.py", "--host", host, users=2, environment=project(tmp_path / "project", ""))
        assert run.exit_code() == 0, run.text
    assert run.verdict()["run"]["host"] == host.replace(PASSWORD, "***")
    gone = f"amqp://guest:{PASSWORD}@127.0.0.1:{PortPicker(print).pick('nothing')}"
    refused = run_of(tmp_path / "gone", "hostless.py", "--host", gone, users=2)
    assert refused.exit_code() == 2
    assert refused.text == (
        f"Nothing answers at {gone.replace(PASSWORD, '***')} (tcp {gone.rpartition('@')[2]}: connection refused): start"
        " it, or name another with --host\n"
    )
