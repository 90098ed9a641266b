"""--abort-on-breach: the run stops soon after a critical alert fires, and is judged in full all the same."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from swarmscope.alert_proof.rules import quicker
from swarmscope.prometheus.rule_files import rule_paths
from tests.faults.faulted import FaultedRun, assert_failed, assert_inconclusive
from tests.faults.target import Behaviour, Target
from tests.runs.command import rules_with

pytestmark = [pytest.mark.real, pytest.mark.faults]

#: Two intervals, and one second because phases are written in whole ones.
WITHIN_SECONDS = 2 * 2 + 1


@pytest.mark.kind("the target answers wrongly", "status 500 from mid-run on, with --abort-on-breach", verdict="FAIL")
def test_a_breach_stops_the_run_within_two_evaluations_and_it_fails_with_full_evidence(
    tmp_path: Path, target: Target
) -> None:
    rules = quick_rules(tmp_path / "rules")
    run = FaultedRun(tmp_path, target.url, "--abort-on-breach", "--rules", str(rules), run_time="120s")
    run.wait_until_steady()
    target.behaviour = Behaviour.FAIL
    verdict = assert_failed(run, "error_ratio")
    fired = [change for change in verdict["timeline"] if change["change"] == "firing"]
    assert fired[0]["first_breach"]
    assert 0 <= stopping_seconds(verdict) - fired[0]["seconds"] + 1 <= WITHIN_SECONDS
    assert any(reason.startswith("run: aborted on breach: ") for reason in verdict["reasons"])
    counts = verdict["ledger"]
    assert sum(counts["workers"].values()) == counts["locust"] == counts["exporter"] == counts["prometheus"] > 0
    assert [check["name"] for check in verdict["completeness"] if not check["ok"]] == ["run"]


@pytest.mark.kind("the target answers wrongly", "status 500 for a minute, with --abort-on-breach", verdict="FAIL")
def test_a_run_of_a_minute_which_no_alert_of_the_last_minute_can_end_is_ended_by_what_it_misses_so_far(
    tmp_path: Path, target: Target
) -> None:
    run = FaultedRun(tmp_path, target.url, "--abort-on-breach", run_time="60s")
    run.wait_until_steady()
    target.behaviour = Behaviour.FAIL
    verdict = assert_failed(run, "error_ratio")
    [reason] = [reason for reason in verdict["reasons"] if reason.startswith("run: ")]
    assert re.search(r": (endpoint )?error ratio \S+ %, limit \S+ % over the run so far, at 00:\d\d of the run", reason)
    ramp = datetime.fromisoformat(verdict["run"]["phases"]["ramp"]).timestamp()
    assert stopping_seconds(verdict) - ramp < 50
    assert "missed over the run so far for 6 s: at the earliest at 00:" in run.text
    assert [check["name"] for check in verdict["completeness"] if not check["ok"]] == ["run"]


@pytest.mark.kind("the load generator breaks", "a worker is killed, with --abort-on-breach", verdict="INCONCLUSIVE")
def test_a_lost_worker_stops_the_run_too_because_it_cannot_pass_any_more(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, "--abort-on-breach", run_time="120s")
    run.wait_until_steady()
    run.worker().kill()
    verdict = assert_inconclusive(run, r"\(WorkerLost", "^run: aborted on breach: Worker")
    assert verdict["ledger"]["locust"] == verdict["ledger"]["prometheus"]


@pytest.mark.kind("the target answers wrongly", "status 500 from mid-run on, to the planned end", verdict="FAIL")
def test_without_the_option_a_breach_stops_nothing(tmp_path: Path, target: Target) -> None:
    rules = quick_rules(tmp_path / "rules")
    run = FaultedRun(tmp_path, target.url, "--rules", str(rules), run_time="40s")
    run.wait_until_steady()
    target.behaviour = Behaviour.FAIL
    verdict = assert_failed(run, "error_ratio")
    assert verdict["run"]["interrupted"] is None


def quick_rules(folder: Path) -> Path:
    """Return the rules with windows of 10 s, so that a breach fires in the middle of a short run."""
    rules_with(folder, {})
    for path in rule_paths(folder):
        path.write_text(quicker(path.read_text()))
    return folder


def stopping_seconds(verdict: dict[str, Any]) -> float:
    return datetime.fromisoformat(verdict["run"]["phases"]["stopping"]).timestamp()
