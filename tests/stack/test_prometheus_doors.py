"""What a web page in the user's browser could ask of the embedded Prometheus, and how rules get into it instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from swarmscope.errors import CommandError
from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.processes.process import ManagedProcess
from swarmscope.prometheus import loaded_rules
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.loaded_rules import reload_rules, require_loaded
from swarmscope.prometheus.rule_files import read_rules
from swarmscope.stack.programs.prometheus import PrometheusBinaries
from swarmscope.stack.prometheus_server import PrometheusServer
from tests.compose.docker import COMPOSE_FILE

pytestmark = pytest.mark.real

RULES = "groups: [{{name: own, rules: [{{record: own:answer, expr: {}}}]}}]\n"


@dataclass(frozen=True)
class Started:
    url: str
    process: ManagedProcess
    rules: Path

    def write(self, expr: str) -> None:
        (self.rules / "own.yml").write_text(RULES.format(expr))

    def loaded(self) -> list[str]:
        return [rule.query for rule in PrometheusApi(self.url).rules()]


def start(binaries: PrometheusBinaries, folder: Path, *more: str) -> Started:
    port = PortPicker(print).pick("Prometheus")
    rules = folder / "rules"
    rules.mkdir()
    server = PrometheusServer(binaries.prometheus, folder, rules)
    server.write_config({})
    process = server.process(port, folder / "log")
    process.command += more
    started = Started(f"http://127.0.0.1:{port}", process, rules)
    started.write("vector(1)")
    process.start()
    process.wait_ready(http_ok(port, "/-/ready"), 30)
    return started


@pytest.fixture(scope="module")
def started(prometheus: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    started = start(prometheus, tmp_path_factory.mktemp("prometheus"))
    yield started
    started.process.stop()


@pytest.fixture
def reloading(prometheus: PrometheusBinaries, tmp_path: Path) -> Iterator[Started]:
    """Yield a Prometheus with the options by which the one in Docker finds changed rules, only more often."""
    options = [line.split("#")[0].strip(" -\n") for line in COMPOSE_FILE.read_text().splitlines() if "reload" in line]
    features = next(option for option in options if option.startswith("enable-feature="))
    assert "config.auto-reload-interval=5s" in options
    started = start(prometheus, tmp_path, f"--{features}", "--config.auto-reload-interval=1s")
    yield started
    started.process.stop()


@pytest.mark.parametrize("path", ["/-/quit", "/-/reload"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_nothing_that_is_sent_to_it_ends_or_reloads_it(started: Started, method: str, path: str) -> None:
    response = requests.request(method, f"{started.url}{path}", timeout=10)
    assert (response.status_code, response.text) == (403, "Lifecycle API is not enabled.")
    assert requests.get(f"{started.url}/-/ready", timeout=10).status_code == 200
    assert started.process.alive


def test_nothing_that_is_sent_to_it_deletes_series(started: Started) -> None:
    url = f"{started.url}/api/v1/admin/tsdb/delete_series?match[]=up"
    response = requests.post(url, timeout=10)
    assert (response.status_code, response.json()["error"]) == (500, "admin APIs disabled")


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:3000", "null"])
def test_a_page_of_another_origin_is_not_allowed_to_read_an_answer(started: Started, origin: str) -> None:
    response = requests.get(f"{started.url}/api/v1/query?query=1", headers={"Origin": origin}, timeout=10)
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers


def test_a_signal_loads_changed_rules_and_says_when_they_cannot_be_read(started: Started) -> None:
    started.write("vector(2)")
    assert reload_rules(started.process.pid, started.url)
    assert started.loaded() == ["vector(2)"]
    started.write("vector(")
    assert not reload_rules(started.process.pid, started.url)
    assert started.loaded() == ["vector(2)"]
    started.write("vector(3)")
    assert reload_rules(started.process.pid, started.url)
    assert started.loaded() == ["vector(3)"]


def test_with_the_options_of_docker_changed_rules_are_loaded_unasked_and_a_run_waits_for_that(
    reloading: Started,
) -> None:
    assert reloading.loaded() == ["vector(1)"]
    reloading.write("vector(2)")
    require_loaded(PrometheusApi(reloading.url), read_rules(reloading.rules), reloading.rules)
    assert reloading.loaded() == ["vector(2)"]


def test_a_run_that_waits_in_vain_for_its_rules_says_what_differs_and_what_to_do(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded_rules, "_LOADED_TIMEOUT_SECONDS", 1.0)
    (tmp_path / "own.yml").write_text(RULES.format("vector(9)"))
    with pytest.raises(CommandError) as error:
        require_loaded(PrometheusApi(started.url), read_rules(tmp_path), tmp_path)
    assert str(error.value) == (
        f"Prometheus at {started.url} has other rules than {tmp_path}, and did not load these within 1 s:"
        " own/own:answer is not loaded as the file has it (its expr differs);"
        " send its process SIGHUP or restart it, or name the folder that it reads with --rules"
    )


def test_rules_that_prometheus_cannot_read_are_named_as_the_reason(
    started: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loaded_rules, "_LOADED_TIMEOUT_SECONDS", 1.0)
    (tmp_path / "own.yml").write_text(RULES.format("vector(9)"))
    started.write("vector(")
    reload_rules(started.process.pid, started.url)
    with pytest.raises(CommandError) as error:
        require_loaded(PrometheusApi(started.url), read_rules(tmp_path), tmp_path)
    assert str(error.value).endswith("; it could not read what it found: see its log, or run promtool check rules")
