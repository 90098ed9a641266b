"""Hand-made runs, scraped and judged by a real Prometheus with the committed configuration and rules, only faster."""

import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from swarmscope.processes.process import ManagedProcess
from swarmscope.stack.programs.prometheus import PrometheusBinaries
from swarmscope.stack.prometheus_server import PrometheusServer
from tests.rules.hand_made_run import Exporter, HandMadeRun

pytestmark = [pytest.mark.real, pytest.mark.alone]  # it evaluates every 500 ms, and is told when it is late

DEADLINE_SECONDS = 30.0
#: A ramp so slow and so broken that it would fail any run, if it counted.
RAMP = {5.0: 1000}
RAMP_FAILURES = 900
ALWAYS = {("ObjectiveMissedOverRun", "ramp_error_ratio")}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Watcher:
    """A Prometheus, and the exporter that it scrapes."""

    exporter: Exporter
    process: ManagedProcess
    url: str

    def query(self, promql: str) -> list[dict[str, Any]]:
        response = requests.get(f"{self.url}/api/v1/query", params={"query": promql}, timeout=5)
        if response.status_code == 503:  # it replays its log after a restart
            raise requests.ConnectionError(response.text)
        assert response.status_code == 200, response.text
        return list(response.json()["data"]["result"])

    def value(self, promql: str) -> float | None:
        try:
            found = self.query(promql)
        except requests.RequestException:  # not there yet, or not ready: it answers in words then
            return None
        return float(found[0]["value"][1]) if found else None

    def wait_for(self, promql: str, wanted: Callable[[float], bool] = bool) -> float:
        """Poll until the query has a value that is wanted, and return it."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while (value := self.value(promql)) is None or not wanted(value):
            assert time.monotonic() < deadline, f"not within {DEADLINE_SECONDS:g} s: {promql} (last: {value})"
            time.sleep(0.1)
        return value

    def fired(self, run_id: str) -> set[tuple[str, str]]:
        """Return the alerts that fired in a run, each with its objective.

        Those that only watch are left out, and so is what such short runs are not sure of.
        """
        found = self._firing(f'run_id="{run_id}", alertname!="ObjectiveUndecided", gate!="watch"')
        return {(row["alertname"], row.get("objective", "")) for row in found}

    def undecided(self, run_id: str) -> set[tuple[str, str]]:
        """Return the objectives that a run was not sure of, each with the severity of that."""
        found = self._firing(f'run_id="{run_id}", alertname="ObjectiveUndecided"')
        return {(row["objective"], row["severity"]) for row in found}

    def _firing(self, which: str) -> list[dict[str, str]]:
        found = self.query(f'last_over_time(ALERTS{{alertstate="firing", {which}}}[10m])')
        return [row["metric"] for row in found]

    def objective(self, run_id: str, objective: str) -> float | None:
        return self.value(f'loadtest:run_objective{{run_id="{run_id}", objective="{objective}"}}')

    def begin(self, run: HandMadeRun, failures_in_ramp: int = RAMP_FAILURES) -> None:
        """Through the ramp, with requests that must not count, until the judged window has begun."""
        run.enter("prepare")
        self.exporter.run = run
        self.wait_for(f'count(loadtest:run_threshold{{run_id="{run.run_id}"}})')
        run.enter("ramp")
        run.add(RAMP, failures_in_ramp)
        self.wait_for(
            f'loadtest:count{{run_id="{run.run_id}", of="requests"}}', lambda count: count == sum(RAMP.values())
        )
        run.enter("steady")
        self.wait_for(f'loadtest:begun_seconds{{run_id="{run.run_id}"}}')

    def end(self, run: HandMadeRun) -> None:
        run.enter("stopping")
        run.enter("done")
        self.wait_for(f'ALERTS{{alertname="RunJudged", alertstate="firing", run_id="{run.run_id}"}}')


@pytest.fixture(scope="module")
def watcher(prometheus: PrometheusBinaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watcher]:
    folder, exporter, port = tmp_path_factory.mktemp("prometheus"), Exporter(), free_port()
    server = PrometheusServer(prometheus.prometheus, folder)
    server.write_config({"loadtest": [exporter.address], "prometheus": [f"127.0.0.1:{port}"]})
    # Four times as often as in earnest, so that a test is four times as quick.
    server.config_file.write_text(server.config_file.read_text().replace("2s", "500ms"))
    process = server.process(port, folder / "prometheus.log")
    process.start()
    try:
        watcher = Watcher(exporter, process, f"http://127.0.0.1:{port}")
        watcher.wait_for("count(loadtest:threshold)")
        yield watcher
    finally:
        process.stop()
        exporter.close()


def judged(watcher: Watcher, run_id: str, latencies: dict[float, int], failures: int = 0) -> None:
    run = HandMadeRun(run_id, "unit")
    watcher.begin(run)
    run.add(latencies, failures)
    watcher.end(run)


def test_a_p95_exactly_on_the_threshold_meets_it(watcher: Watcher) -> None:
    # The default thresholds: p95 500 ms, p99 1 s, errors 1 %, availability 99.9 %, and a warning on the ramp's errors.
    judged(watcher, "on-the-edge", {0.5: 950, 0.9: 49, 5.0: 1})
    assert watcher.objective("on-the-edge", "latency_p95_seconds") == pytest.approx(0.5, abs=1e-12)
    assert watcher.objective("on-the-edge", "error_ratio") == 0
    assert watcher.fired("on-the-edge") == ALWAYS


def test_one_request_more_beyond_the_threshold_misses_it(watcher: Watcher) -> None:
    judged(watcher, "over-the-edge", {0.5: 949, 0.9: 50, 5.0: 1})
    assert watcher.fired("over-the-edge") == {
        ("ObjectiveMissedOverRun", "latency_p95_seconds"),
        *ALWAYS,
    }


def test_errors_up_to_the_threshold_meet_it_and_one_more_does_not(watcher: Watcher) -> None:
    judged(watcher, "errors", {0.1: 1000}, failures=11)
    assert watcher.objective("errors", "error_ratio") == 0.011
    assert watcher.fired("errors") == {
        ("ObjectiveMissedOverRun", "error_ratio"),
        ("ObjectiveMissedOverRun", "availability_ratio"),
        *ALWAYS,
    }


@pytest.mark.parametrize(
    ("requests", "unsure"),
    [
        (40, {"latency_p95_seconds", "latency_p99_seconds", "error_ratio", "availability_ratio"}),
        (60, {"latency_p99_seconds", "error_ratio", "availability_ratio"}),
        (300, {"availability_ratio"}),
        (3000, set()),
    ],
)
def test_a_run_of_few_requests_is_not_sure_of_its_thresholds_and_of_defaults_it_only_says_so(
    watcher: Watcher, requests: int, unsure: set[str]
) -> None:
    run_id = f"{requests}-requests"
    run = HandMadeRun(run_id, "unit")
    watcher.begin(run, failures_in_ramp=0)
    run.add({0.1: requests})
    watcher.end(run)
    assert watcher.fired(run_id) == set()
    assert watcher.undecided(run_id) == {(objective, "warning") for objective in unsure}
    bound = watcher.value(f'loadtest:run_beyond_bound{{run_id="{run_id}", objective="latency_p99_seconds"}}')
    assert bound == pytest.approx(2.7055 / (requests + 2.7055), rel=1e-3)


def test_a_run_without_requests_has_no_data(watcher: Watcher) -> None:
    judged(watcher, "idle", {})
    assert watcher.fired("idle") == {
        ("ObjectiveWithoutData", "latency_p95_seconds"),
        ("ObjectiveWithoutData", "latency_p99_seconds"),
        ("ObjectiveWithoutData", "error_ratio"),
        ("ObjectiveWithoutData", "availability_ratio"),
        ("ObjectiveWithoutData", "endpoint_error_ratio"),
        ("ObjectiveMissedOverRun", "endpoint_error_ratio"),  # which counts from the beginning of the load
        *ALWAYS,
    }


def test_a_restart_of_prometheus_loses_nothing_of_the_run_and_is_told(watcher: Watcher) -> None:
    run = HandMadeRun("restarted", "smoke")
    watcher.begin(run)
    run.add({0.5: 950, 0.9: 49, 5.0: 1})
    watcher.wait_for(
        'loadtest:run_objective_samples{run_id="restarted", objective="latency_p95_seconds"}', lambda n: n == 1000
    )
    watcher.process.signal(signal.SIGKILL)
    watcher.process.wait(DEADLINE_SECONDS)
    watcher.process.start()
    watcher.wait_for('ALERTS{alertname="PrometheusRestarted", run_id="restarted", alertstate="firing"}')
    watcher.end(run)
    assert watcher.objective("restarted", "latency_p95_seconds") == pytest.approx(0.5, abs=1e-12)
    assert ("PrometheusRestarted", "") in watcher.fired("restarted")


def test_an_exporter_that_vanishes_in_mid_run_is_told(watcher: Watcher) -> None:
    run = HandMadeRun("vanished", "smoke")
    watcher.begin(run)
    watcher.exporter.run = None
    watcher.wait_for('ALERTS{alertname="ExporterNotScraped", run_id="vanished", alertstate="firing"}')
    watcher.exporter.run = run
    watcher.wait_for('loadtest:begun_seconds{run_id="vanished"}')
    run.add({0.5: 950, 0.9: 49, 5.0: 1})
    watcher.end(run)
    assert watcher.objective("vanished", "latency_p95_seconds") == pytest.approx(0.5, abs=1e-12)
