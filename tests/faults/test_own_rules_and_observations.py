"""What a locustfile, a Prometheus or a folder of rules may hold that would make a run pass which must not."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from swarmscope.prometheus.rule_sets import lay_out
from tests.faults.faulted import (
    LOCUSTFILE,
    SCENARIO,
    FaultedRun,
    assert_failed,
    assert_inconclusive,
    exporter_port,
    thresholds_file,
)
from tests.faults.own_prometheus import OwnPrometheus
from tests.faults.target import Target
from tests.runs.command import RULES

pytestmark = [pytest.mark.real, pytest.mark.faults]

ODD = LOCUSTFILE.with_name("odd_observations.py")
STEADY = 'max by (run_id, scenario) (loadtest_phase{phase="steady"}) == 1'


class Foreign:
    """Publishes a series under a run's id, beside the exporter of that run."""

    def __init__(self) -> None:
        self.run_id = ""
        foreign = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                if foreign.run_id:
                    labels = f'run_id="{foreign.run_id}",scenario="{SCENARIO}",method="GET",name="/items"'
                    self.wfile.write(f"loadtest_rate_limited_total{{{labels}}} 7\n".encode())

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def rules_of_ones_own(folder: Path, *alerts: str) -> Path:
    lay_out(RULES, None, folder)
    lines = "".join(f"  - {alert}\n" for alert in alerts)
    (folder / "own.yml").write_text(f"groups:\n- name: own\n  rules:\n{lines}")
    return folder


@pytest.mark.kind(
    "impossible observations", "negative, NaN, infinite and non-numeric response times", verdict="INCONCLUSIVE"
)
@pytest.mark.kind(
    "impossible observations", "times in seconds, beside others that are impossible: a warning", verdict="INCONCLUSIVE"
)
@pytest.mark.kind(
    "series that are not the exporter's",
    "a metric of the locustfile named loadtest_…, made late",
    verdict="INCONCLUSIVE",
)
@pytest.mark.kind(
    "series that are not the exporter's", "another target publishes under the run's id", verdict="INCONCLUSIVE"
)
@pytest.mark.kind("alerts of one's own", "gate: validity fires", verdict="INCONCLUSIVE")
@pytest.mark.kind("alerts of one's own", "without a gate, beside one that gates: a warning", verdict="INCONCLUSIVE")
def test_what_is_no_time_or_no_series_of_the_exporter_or_gates_by_its_label_is_inconclusive(
    tmp_path: Path, target: Target
) -> None:
    rules = rules_of_ones_own(
        tmp_path / "rules",
        f"{{alert: OwnValidity, expr: '{STEADY}', labels: {{gate: validity}}}}",
        "{alert: OwnWithoutGate, expr: vector(1), labels: {severity: critical}}",
    )
    thresholds = thresholds_file(tmp_path)
    with Foreign() as foreign, OwnPrometheus(tmp_path / "own", thresholds, rules) as prometheus:
        prometheus.scrape(foreign.address, job="redis")
        given = ("--prometheus-url", prometheus.url, "--rules", str(rules))
        run = FaultedRun(tmp_path, target.url, *given, run_time="18s", locustfile=ODD)
        prometheus.scrape(f"127.0.0.1:{exporter_port(run)}")
        foreign.run_id = run.folder.name
        verdict = assert_inconclusive(
            run,
            r"\(ObservationsDropped\), from ",
            "^OwnValidity fired, from ",
            "^series: the locustfile's metrics have reserved names: loadtest_rate_limited_total;"
            rf" published by 2 targets: loadtest 127\.0\.0\.1:\d+, redis {re.escape(foreign.address)};"
            " expected the exporter alone$",
        )
    assert len(verdict["reasons"]) == 3, verdict["reasons"]
    ledger = verdict["ledger"]
    assert ledger["locust"] == ledger["prometheus"] == ledger["timed"] + ledger["untimed"]
    assert ledger["untimed"] > 9
    assert {warning.split(" look like")[0].split(" fired")[0] for warning in verdict["warnings"]} == {
        "the response times of GET",
        "the response times of GRPC",
        "OwnWithoutGate",
    }
    assert "Warnings:" in run.text


@pytest.mark.kind("alerts of one's own", "gate: objective fires", verdict="FAIL")
@pytest.mark.kind(
    "rules are not what they should be", "a warning line for an objective with a critical default", verdict="FAIL"
)
def test_an_alert_of_ones_own_fails_the_run_and_a_warning_takes_no_critical_default_away(
    tmp_path: Path, target: Target
) -> None:
    rules = rules_of_ones_own(
        tmp_path / "rules",
        f"{{alert: OwnObjective, expr: '{STEADY}', labels: {{gate: objective, severity: critical}}}}",
    )
    thresholds = thresholds_file(tmp_path)
    labels = f"scenario: {SCENARIO}, objective: latency_p95_seconds, bound: max, severity: warning"
    with thresholds.open("a") as file:
        file.write(f"      - {{record: loadtest:threshold, labels: {{{labels}}}, expr: vector(5)}}\n")
    target.delay_seconds = 0.7
    run = FaultedRun(tmp_path, target.url, "--rules", str(rules), run_time="18s", own_thresholds=thresholds)
    verdict = assert_failed(run, "latency_p95_seconds")
    assert [reason for reason in verdict["reasons"] if reason.startswith("OwnObjective fired, from ")]
    told = "the warning for latency_p95_seconds does not take away the critical default of 0.5"
    assert [warning.split(":")[0] for warning in verdict["warnings"]] == [told]
    assert told in " ".join(run.text.split())


@pytest.mark.kind("rules are not what they should be", "a given Prometheus has another `for`", verdict="refused")
def test_a_prometheus_whose_alerts_wait_longer_is_refused(tmp_path: Path, target: Target) -> None:
    laxer = lay_out(RULES, None, tmp_path / "laxer")
    (laxer / "alerts.yml").write_text((laxer / "alerts.yml").read_text().replace("for: 30s", "for: 5m"))
    with OwnPrometheus(tmp_path / "own", thresholds_file(tmp_path), laxer) as prometheus:
        run = FaultedRun(tmp_path, target.url, "--prometheus-url", prometheus.url)
        assert run.exit_code(90) == 2
    assert "loadtest-live/ObjectiveMissed is not loaded as the file has it (for is 300 s, expected 30 s)" in " ".join(
        run.text.split()
    )
    assert target.answered <= 2  # by the preflight


def without_validity(rules: Path) -> None:
    (rules / "validity.yml").unlink()


def with_a_yaml(rules: Path) -> None:
    (rules / "own.yaml").write_text("groups: []\n")


def with_an_unknown_gate(rules: Path) -> None:
    (rules / "own.yml").write_text(
        "groups: [{name: own, rules: [{alert: Mine, expr: up == 0, labels: {gate: objektive}}]}]\n"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            without_validity,
            "lack group loadtest-validity, alert ",
            marks=pytest.mark.kind(
                "rules are not what they should be", "a folder without validity rules", verdict="refused"
            ),
        ),
        pytest.param(
            with_a_yaml,
            "own.yaml is read by nothing: ",
            marks=pytest.mark.kind(
                "rules are not what they should be", "a .yaml beside the .yml files", verdict="refused"
            ),
        ),
        pytest.param(
            with_an_unknown_gate,
            "the alert Mine has gate 'objektive': expected objective, validity, watch, or none",
            marks=pytest.mark.kind("alerts of one's own", "a gate that does not exist", verdict="refused"),
        ),
    ],
)
def test_a_folder_of_rules_that_would_watch_less_is_one_line(
    tmp_path: Path, target: Target, change: Any, said: str
) -> None:
    rules = lay_out(RULES, None, tmp_path / "rules")
    change(rules)
    require_refused(FaultedRun(tmp_path, target.url, "--rules", str(rules)), target, said)


@pytest.mark.kind("rules are not what they should be", "a threshold whose scenario differs in case", verdict="refused")
def test_a_threshold_for_the_same_scenario_in_another_case_is_one_line(tmp_path: Path, target: Target) -> None:
    thresholds = thresholds_file(tmp_path)
    labels = f"scenario: {SCENARIO.upper()}, objective: latency_p95_seconds, bound: max, severity: critical"
    with thresholds.open("a") as file:
        file.write(f"      - {{record: loadtest:threshold, labels: {{{labels}}}, expr: vector(0.001)}}\n")
    run = FaultedRun(tmp_path, target.url, own_thresholds=thresholds)
    require_refused(run, target, f"Thresholds are set for scenario '{SCENARIO.upper()}'")


@pytest.mark.kind(
    "series that are not the exporter's", "a metric of the locustfile named loadtest_…", verdict="refused"
)
def test_a_metric_of_the_locustfile_with_a_reserved_name_is_one_line(tmp_path: Path, target: Target) -> None:
    locustfile = tmp_path / "reserved.py"
    metric = 'from prometheus_client import Counter\nCounter("loadtest_requests", "Mine.")\n'
    locustfile.write_text(LOCUSTFILE.read_text() + metric)
    run = FaultedRun(tmp_path, target.url, locustfile=locustfile)
    require_refused(run, target, f"{locustfile} has a metric of its own named loadtest_requests: ")


def require_refused(run: FaultedRun, target: Target, said: str) -> None:
    """Exit code 2 with one line that says why, before anything is started."""
    assert run.exit_code(60) == 2, run.text
    assert len(run.text.strip().splitlines()) == 1, run.text
    assert said in run.text
    assert target.answered == 0
