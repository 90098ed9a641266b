"""Whole runs of locustfiles whose clients, names and hosts are not those of the reference users."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runs.command import RunCommand
from tests.runs.counting_target import CountingTarget

pytestmark = pytest.mark.real

LOCUSTFILES = Path(__file__).with_name("locustfiles")


def run_of(folder: Path, locustfile: str, *arguments: str, users: int, latency_p95: float = 1.0) -> RunCommand:
    """A run of ten seconds on one worker, under two thresholds of its own."""
    thresholds = folder / "thresholds.yml"
    folder.mkdir(parents=True, exist_ok=True)
    rule = (
        "{{record: loadtest:threshold, labels: {{scenario: t, objective: {}, bound: max, severity: critical}},"
        " expr: vector({})}}"
    )
    rules = [rule.format("latency_p95_seconds", latency_p95), rule.format("error_ratio", 0.01)]
    thresholds.write_text("groups:\n- name: t-thresholds\n  rules:\n" + "".join(f"  - {line}\n" for line in rules))
    files = ("--locustfile", str(LOCUSTFILES / locustfile), "--thresholds", str(thresholds))
    load = ("--users", str(users), "--spawn-rate", str(users), "--run-time", "10s", "--workers", "1")
    return RunCommand(folder, "t", *files, *load, *arguments)


def test_redirects_of_every_client_and_calls_without_a_status_are_accounted_for(tmp_path: Path) -> None:
    with CountingTarget() as target:
        run = run_of(tmp_path, "clients.py", "--host", target.url, "--api-metrics", target.address, users=4)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    ledger = verdict["ledger"]
    assert (verdict["verdict"], verdict["reasons"]) == ("PASS", [])
    assert ledger["redirects"] == ledger["http_answered"] > 50
    assert ledger["target"] == ledger["http_answered"] + ledger["redirects"]
    assert (ledger["unanswered"], ledger["redirects_elsewhere"]) == (0, 0)
    assert ledger["without_status"] > 20
    assert ledger["prometheus"] == ledger["http_answered"] + ledger["without_status"]
