"""What happens to Prometheus and its rules, before and during a run."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from tests.faults.faulted import SCENARIO, FaultedRun, assert_inconclusive, exporter_port, thresholds_file
from tests.faults.own_prometheus import OwnPrometheus
from tests.faults.target import Target
from tests.runs.command import rules_with

pytestmark = pytest.mark.real


@pytest.mark.faults
@pytest.mark.kind("Prometheus breaks", "killed in mid-run, and started again", verdict="INCONCLUSIVE")
def test_prometheus_killed_and_started_again_saw_a_part_of_the_run_only(tmp_path: Path, target: Target) -> None:
    with OwnPrometheus(tmp_path / "own", thresholds_file(tmp_path)) as prometheus:
        run = FaultedRun(tmp_path, target.url, "--prometheus-url", prometheus.url, run_time="30s")
        prometheus.scrape(f"127.0.0.1:{exporter_port(run)}")
        run.wait_until_steady()
        prometheus.kill()
        time.sleep(3)
        prometheus.start()
        assert_inconclusive(
            run, r"\(PrometheusRestarted\), from ", "^rules unchanged: .*Prometheus read its rules again 1 "
        )


@pytest.mark.faults
@pytest.mark.kind("Prometheus breaks", "killed in mid-run", verdict="INCONCLUSIVE")
def test_prometheus_killed_for_good_is_one_reason_each_and_no_traceback(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url)
    run.wait_until_steady()
    run.prometheus().kill()
    verdict = assert_inconclusive(
        run,
        r"^evidence: Prometheus at \S+ did not answer \(connection refused\)$",
        "^run: Prometheus ended by itself, killed by SIGKILL$",
    )
    assert len(verdict["reasons"]) < 5


@pytest.mark.faults
@pytest.mark.kind("Prometheus breaks", "paused for 20 s", verdict="INCONCLUSIVE")
def test_prometheus_paused_for_20_seconds_leaves_a_gap_that_is_named(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="35s")
    run.wait_until_steady()
    prometheus = run.prometheus()
    prometheus.suspend()
    time.sleep(20)
    prometheus.resume()
    assert_inconclusive(run, r"^exporter scraped: \d+ good scrapes \(1\d expected\), longest gap 2\d\.\d s$")


@pytest.mark.faults
@pytest.mark.kind("Prometheus breaks", "paused to the end", verdict="INCONCLUSIVE")
def test_prometheus_paused_for_good_does_not_hang_the_run(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="18s")
    run.wait_until_steady()
    prometheus = run.prometheus()
    prometheus.suspend()
    try:
        assert_inconclusive(run, r"^evidence: Prometheus at \S+ did not answer \(timeout\)$")
    finally:
        if psutil.pid_exists(prometheus.pid):
            prometheus.kill()


@pytest.mark.kind("rules are not what they should be", "a rule with a syntax error", verdict="refused")
def test_a_rule_that_prometheus_cannot_read_stops_the_run_before_any_load(tmp_path: Path, target: Target) -> None:
    rules = rules_with(tmp_path / "rules", {})
    broken = (rules / "alerts.yml").read_text().replace("loadtest:run_done == 1", "loadtest:run_done ==")
    (rules / "alerts.yml").write_text(broken)
    run = FaultedRun(tmp_path, target.url, "--rules", str(rules))
    assert run.exit_code(60) == 2
    assert "Traceback" not in run.text
    assert "parse error" in run.text
    assert target.answered <= 2  # by the preflight


@pytest.mark.faults
@pytest.mark.kind("rules are not what they should be", "a rule file is broken during the run", verdict="INCONCLUSIVE")
def test_a_rule_file_that_is_broken_during_the_run_is_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="18s")
    run.wait_until_steady()
    (run.folder / "rules" / "alerts.yml").write_text("groups: [")
    assert not run.reload_rules()
    assert_inconclusive(
        run,
        "^evidence: the rules changed during the run: .*alerts.yml is not YAML: ",
        r"^rules unchanged: Prometheus read its rules again 1 time\(s\) during the run$",
    )


@pytest.mark.faults
@pytest.mark.kind("rules are not what they should be", "no threshold for the scenario", verdict="PASS")
def test_a_scenario_without_thresholds_is_judged_by_the_defaults_alone_and_says_so(
    tmp_path: Path, target: Target
) -> None:
    run = FaultedRun(tmp_path, target.url, thresholds=(), run_time="12s")
    assert run.exit_code() == 0, run.text
    said = f"No threshold is set for scenario '{SCENARIO}': the defaults judge alone"
    assert said in " ".join(run.text.split())
    assert run.verdict()["warnings"] == []
    judged = {objective["objective"] for objective in run.verdict()["objectives"]}
    assert {"latency_p95_seconds", "error_ratio", "availability_ratio"} <= judged


@pytest.mark.faults
@pytest.mark.kind(
    "rules are not what they should be", "thresholds are taken away during the run", verdict="INCONCLUSIVE"
)
def test_thresholds_that_are_taken_away_during_the_run_are_inconclusive(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="25s")
    run.wait_until_steady()
    (run.folder / "rules" / "extra-own-thresholds.yml").write_text("groups: []\n")
    assert run.reload_rules()
    assert_inconclusive(
        run,
        "^evidence: the rules changed during the run: own/loadtest:threshold is no longer in the files as it was$",
        r"^rules unchanged: the threshold endpoint_latency_p95_seconds GET /items was not in force for \d+ s",
    )


@pytest.mark.faults
@pytest.mark.kind(
    "rules are not what they should be", "thresholds are taken away for a while, and put back", verdict="INCONCLUSIVE"
)
def test_thresholds_that_are_taken_away_for_a_while_and_put_back_are_noticed(tmp_path: Path, target: Target) -> None:
    run = FaultedRun(tmp_path, target.url, run_time="25s")
    run.wait_until_steady()
    path = run.folder / "rules" / "extra-own-thresholds.yml"
    before = path.read_text()
    for text in ("groups: []\n", before):
        path.write_text(text)
        assert run.reload_rules()
        time.sleep(7)
    assert_inconclusive(run, r"^rules unchanged: the threshold .* not in force for \d+ s; .*read its rules again 2 ")
