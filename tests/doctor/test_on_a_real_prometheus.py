"""A second Prometheus, as a team has it: what doctor writes makes it fit for a run, and what breaks it is named."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from swarmscope.cli.doctor import app
from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.processes.process import ManagedProcess
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.loaded_rules import reload_rules
from swarmscope.stack.programs.prometheus import PrometheusBinaries, find_prometheus
from tests.cli.command import Ended, call
from tests.examples.shop import FOLDER, Shop
from tests.runs.command import RunCommand

pytestmark = [pytest.mark.real, pytest.mark.alone]

THRESHOLDS = FOLDER / "thresholds.yml"
SHOP = ("shop", "--locustfile", str(FOLDER / "locustfile.py"), "--thresholds", str(THRESHOLDS), "--users", "8")
DEADLINE_SECONDS = 30.0
#: Rules of another team, and intervals as most have them.
THEIR_RULES = """\
groups:
  - name: node
    rules:
      - {record: "instance:load", expr: vector(1)}
      - {alert: NodeDown, expr: vector(0) > 1}
"""
THEIR_CONFIGURATION = "global: {scrape_interval: 15s, evaluation_interval: 15s}\nrule_files: [node.yml]\n"


class TeamPrometheus:
    """One with default options, on which ``doctor`` is called as a person would."""

    def __init__(self, folder: Path, binaries: PrometheusBinaries) -> None:
        self.folder = folder
        picker = PortPicker(print)
        self.port, self.exporter_port = picker.pick("Prometheus"), picker.pick("the exporter")
        (folder / "node.yml").write_text(THEIR_RULES)
        self._configuration = folder / "prometheus.yml"
        self._configuration.write_text(THEIR_CONFIGURATION)
        self.process = ManagedProcess(
            "Prometheus",
            [
                binaries.prometheus,
                f"--config.file={self._configuration}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
            ],
            env=os.environ,
            log_path=folder / "prometheus.log",
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def place(self) -> tuple[str, ...]:
        return ("--prometheus-url", self.url, "--exporter-port", str(self.exporter_port))

    def doctor(self, *options: str) -> Ended:
        return call(app, *self.place, "--thresholds", str(THRESHOLDS), *options)

    def load(self, more: str) -> None:
        """Reload with further lines in the configuration, and wait until that is done."""
        text = THEIR_CONFIGURATION.replace("[node.yml]", "[node.yml, written/rules/*.yml]")
        self._configuration.write_text(text + more)
        assert reload_rules(self.process.pid, self.url), (self.folder / "prometheus.log").read_text()
        deadline = time.monotonic() + DEADLINE_SECONDS
        while unhealthy := [rule.name for rule in PrometheusApi(self.url).rules() if rule.health != "ok"]:
            assert time.monotonic() < deadline, unhealthy
            time.sleep(0.1)


@pytest.fixture
def team(tmp_path: Path) -> Iterator[TeamPrometheus]:
    prometheus = TeamPrometheus(tmp_path, find_prometheus())
    prometheus.process.start()
    try:
        prometheus.process.wait_ready(http_ok(prometheus.port, "/-/ready"), DEADLINE_SECONDS)
        yield prometheus
    finally:
        prometheus.process.stop()


def failing(ended: Ended) -> list[str]:
    return [line.split(":")[0] for line in ended.output.splitlines() if line.startswith("FAIL")]


def test_what_doctor_writes_makes_a_prometheus_fit_and_a_run_on_it_passes(team: TeamPrometheus) -> None:
    ended = team.doctor("--write", str(team.folder / "written"))
    assert ended.exit_code == 2
    assert failing(ended) == ["FAIL  rules", "FAIL  job loadtest", "FAIL  job prometheus"]
    assert f'  scrape_config_files: ["{team.folder}/written/scrape.yml"]' in ended.output.splitlines()
    team.load("scrape_config_files: [written/scrape.yml]\n")
    ended = team.doctor()
    assert (ended.exit_code, failing(ended)) == (0, []), ended.output
    assert f"scrape of 127.0.0.1:{team.exporter_port}: arrived after " in ended.output
    assert ended.output.splitlines()[-1] == f"Ready: `swarmscope run SCENARIO {' '.join(team.place)}`"
    with Shop() as shop, socket.socket() as listener:
        with suppress(OSError):  # another program has it
            listener.bind(("127.0.0.1", 9646))
            listener.listen()
        run = RunCommand(team.folder, *SHOP, "--spawn-rate", "4", "--run-time", "28s", "--host", shop.url, *team.place)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"]) == ("PASS", [])
    ledger = verdict["ledger"]
    assert ledger["prometheus"] == ledger["exporter"] == ledger["locust"] == sum(ledger["workers"].values()) > 100


@pytest.mark.faults
@pytest.mark.kind("Prometheus breaks", "scrapes itself no longer, since just before the run", verdict="INCONCLUSIVE")
def test_a_prometheus_that_has_just_stopped_scraping_itself_is_inconclusive(team: TeamPrometheus) -> None:
    team.doctor("--write", str(team.folder / "written"))
    team.load("scrape_config_files: [written/scrape.yml]\n")
    counter = "count(prometheus_rule_evaluation_failures_total)"
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not PrometheusApi(team.url).value(counter):
        assert time.monotonic() < deadline, f"no {counter}"
        time.sleep(0.1)
    scrape = team.folder / "written" / "scrape.yml"
    scrape.write_text(scrape.read_text().replace(f"localhost:{team.port}", "localhost:9").replace("prometheus", "gone"))
    team.load("scrape_config_files: [written/scrape.yml]\n")
    with Shop() as shop:
        run = RunCommand(team.folder, *SHOP, "--spawn-rate", "4", "--run-time", "8s", "--host", shop.url, *team.place)
        assert run.exit_code() == 2, run.text
    reasons = run.verdict()["reasons"]
    assert "rule health: Prometheus does not scrape itself: failed evaluations are unknown" in reasons


@pytest.mark.nightly  # tests/doctor/test_own_prometheus.py names each lack
def test_what_is_missing_is_named_and_a_run_leads_to_the_doctor(team: TeamPrometheus) -> None:
    team.doctor("--write", str(team.folder / "written"))
    alerts, scrape = team.folder / "written" / "rules" / "alerts.yml", team.folder / "written" / "scrape.yml"
    alerts.write_text(alerts.read_text().replace("for: 30s", "for: 5m"))
    (team.folder / "written" / "rules" / "validity.yml").unlink()
    scrape.write_text(scrape.read_text().replace("scrape_interval: 2s", "scrape_interval: 15s"))
    team.load("scrape_config_files: [written/scrape.yml]\n")
    ended = team.doctor()
    assert ended.exit_code == 2
    lines = [line for line in ended.output.splitlines() if line.startswith("FAIL")]
    exporter, itself = f"127.0.0.1:{team.exporter_port}", f"localhost:{team.port}"
    assert lines[:2] == [
        (
            "FAIL  rules: 1 of 9 groups are not loaded: loadtest-validity -> add the rule files that --write writes to"
            " rule_files, and reload Prometheus"
        ),
        (
            "FAIL  rules of group loadtest-live: loadtest-live/ObjectiveMissed is not loaded as the file has it (for is"
            " 300 s, expected 30 s) -> replace its file by the one that --write writes"
        ),
    ]
    to_interval = "needed: 2 s -> set scrape_interval and scrape_timeout of the job to 2s"
    assert {
        f"FAIL  job loadtest: scrapes {exporter} every 15 s; {to_interval}",
        f"FAIL  job prometheus: scrapes {itself} every 15 s; {to_interval}",
    } <= set(lines)
    with Shop() as shop:
        run = RunCommand(team.folder, *SHOP, "--run-time", "8s", "--host", shop.url, *team.place)
        assert run.exit_code() == 2, run.text
    last = run.text.splitlines()[-1]
    assert f"Prometheus at {team.url} has other rules than " in last
    assert last.endswith(f"; `swarmscope doctor --prometheus-url {team.url}` lists all that it lacks")


@pytest.mark.faults
def test_the_prometheus_yml_that_it_writes_starts_a_prometheus_that_is_fit(tmp_path: Path) -> None:
    binaries = find_prometheus()
    picker = PortPicker(print)
    port, exporter_port = picker.pick("Prometheus"), picker.pick("the exporter")
    url = f"http://127.0.0.1:{port}"
    place = ("--prometheus-url", url, "--exporter-port", str(exporter_port))
    assert call(app, *place, "--write", str(tmp_path)).exit_code == 2  # it is not there yet
    done = subprocess.run(
        [binaries.promtool, "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    process = ManagedProcess(
        "Prometheus",
        [
            binaries.prometheus,
            f"--config.file={tmp_path / 'prometheus.yml'}",
            f"--storage.tsdb.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--query.lookback-delta=6s",
            "--enable-feature=exemplar-storage",
        ],
        env=os.environ,
        log_path=tmp_path / "prometheus.log",
    )
    process.start()
    try:
        process.wait_ready(http_ok(port, "/-/ready"), DEADLINE_SECONDS)
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not PrometheusApi(url).scrape_targets():
            assert time.monotonic() < deadline, "no target"
            time.sleep(0.1)
        done = subprocess.run(
            [sys.executable, "-m", "swarmscope", "doctor", *place],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        process.stop()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["OK"] * 11 + ["Ready:"]
