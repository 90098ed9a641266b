"""The exporter in real Locust processes: one process, forked workers, separate master and workers."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from swarmscope.locust_plugin.driven import OWN_SCENARIO_VARIABLE
from swarmscope.processes.ports import PortPicker
from swarmscope.run.locust_processes import with_plugin

pytestmark = pytest.mark.real

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
RAISING_LOCUSTFILE = Path(__file__).with_name("raising_locustfile.py")
OUTLIVING_LOCUSTFILE = Path(__file__).with_name("outliving_locustfile.py")
LATE_LOCUSTFILE = Path(__file__).with_name("late_locustfile.py")
STATUS = {"/limited": 429, "/broken": 500}


class Shop(ThreadingHTTPServer):
    """Answers every path, and counts what it answered."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()
        super().__init__(("127.0.0.1", 0), ShopHandler)


class ShopHandler(BaseHTTPRequestHandler):
    server: Shop
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.answered[path] += 1
        self.send_response(STATUS.get(path, 200))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def shop() -> Iterator[Shop]:
    server = Shop()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()


def ours(form: dict[str, str]) -> dict[str, str]:
    """Return the fields of a form under their names in Locust's options."""
    return {f"loadtest_{name}": value for name, value in form.items()}


class Locust:
    """Locust processes of one mode, driven over the web interface."""

    def __init__(self, mode: str, shop: Shop, locustfile: Path = LOCUSTFILE) -> None:
        picker = PortPicker(print)
        web, exporter, master = (picker.pick(name) for name in ("web", "exporter", "master"))
        self.web, self.exporter = f"http://127.0.0.1:{web}", f"http://127.0.0.1:{exporter}/metrics"
        self.host = f"http://127.0.0.1:{shop.server_port}"
        base = [sys.executable, "-m", "locust", "-f", with_plugin(str(locustfile)), "--prepare-seconds", "0"]
        serving = [*base, "--web-host", "127.0.0.1", "--web-port", str(web), "--exporter-port", str(exporter)]
        serving += ["--stop-timeout", "2", "--master-bind-port", str(master), "--master-port", str(master)]
        worker = [*base, "--worker", "--master-port", str(master)]
        commands = {
            "single": [serving],
            "processes": [[*serving, "--processes", "2"]],
            "separate": [[*serving, "--master"], worker, worker],
            "late": [[*serving, "--master"], worker],
        }[mode]
        self.workers = {"single": 1, "late": 1}.get(mode, 2)
        self._worker = worker
        self._processes = [self._start(command) for command in commands]

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        environment, nowhere = {**os.environ, OWN_SCENARIO_VARIABLE: "{}"}, subprocess.DEVNULL
        return subprocess.Popen(command, env=environment, stdin=nowhere, stdout=nowhere, stderr=nowhere)

    def add_worker(self) -> None:
        self._processes.append(self._start(self._worker))

    def status(self) -> dict[str, Any]:
        try:
            document: dict[str, Any] = requests.get(f"{self.web}/loadtest/run", timeout=5).json()
        except requests.RequestException:
            return {}
        return document

    def poll(self, condition: Callable[[dict[str, Any]], bool], timeout_seconds: float = 30) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_seconds
        while not condition(status := self.status()):
            assert time.monotonic() < deadline, f"last status: {status}"
            time.sleep(0.1)
        return status

    def run(self, **form: str) -> dict[str, Any]:
        """Return a run of at least 100 requests, to its final totals."""
        self.poll(lambda status: status.get("workers") == self.workers)
        answer = requests.post(
            f"{self.web}/swarm",
            data={"user_count": "6", "spawn_rate": "6", "host": self.host, **ours(form)},
            timeout=10,
        ).json()
        assert answer["success"], answer
        self.poll(lambda status: status.get("locust_requests", 0) >= 100 and status["phase"] == "steady")
        requests.post(f"{self.web}/stop", timeout=30)
        return self.poll(lambda status: status["phase"] == "done")

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        text = requests.get(self.exporter, timeout=10).text
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def close(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(15)


def total(metrics: dict[tuple[str, frozenset[tuple[str, str]]], float], metric: str, /, **labels: str) -> float:
    wanted = set(labels.items())
    return sum(value for (sample, found), value in metrics.items() if sample == metric and wanted <= found)


@pytest.fixture(params=["single", "processes", "separate"])
def locust(request: pytest.FixtureRequest, shop: Shop) -> Iterator[Locust]:
    processes = Locust(request.param, shop)
    yield processes
    processes.close()


def test_every_mode_counts_what_the_target_answered_and_merges_the_users_own_metrics(
    locust: Locust, shop: Shop
) -> None:
    status = locust.run(scenario="checkout", run_id="first", run_details='{"labels":{"build":"123"}}')
    metrics = locust.metrics()
    assert total(metrics, "loadtest_run_info", run_id="first", build="123", host=locust.host) == 1
    assert (status["run_id"], status["scenario"], status["workers_expected"]) == ("first", "checkout", locust.workers)
    answered = sum(shop.answered.values())
    assert status["exporter_requests"] == status["locust_requests"]
    assert total(metrics, "loadtest_requests_total") == status["locust_requests"]
    cut_off = total(metrics, "loadtest_inflight_at_stop_total")
    assert status["locust_requests"] <= answered <= status["locust_requests"] + cut_off
    assert total(metrics, "loadtest_worker_requests_total") == status["locust_requests"]
    assert total(metrics, "loadtest_requests_begun_total") == status["locust_requests"] + cut_off
    assert total(metrics, "loadtest_iterations_total", user_class="Shopper") == status["locust_requests"]
    for nothing in ("requests_without_event_total", "task_exceptions_total", "users_cut_off_total", "users_silent"):
        assert total(metrics, f"loadtest_{nothing}") == 0, nothing
    assert (status["task_exceptions"], status["locustfile_exit_code"]) == ([], 0)
    assert total(metrics, "loadtest_rate_limited_total") == shop.answered["/limited"]
    assert total(metrics, "loadtest_request_errors_total", error="http_5xx") == shop.answered["/broken"]
    wrong = total(metrics, "loadtest_requests_total", name="/wrong")
    assert total(metrics, "loadtest_request_errors_total", error="validation") == wrong > 0
    assert total(metrics, "loadtest_requests_total", name="/never-called") == 0
    ok = total(metrics, "loadtest_requests_total", name="/ok")
    assert total(metrics, "shop_orders_total", kind="book", run_id="first") == 2 * ok
    assert total(metrics, "shop_basket_max") == 7

    locust.run(scenario="checkout")
    again = locust.metrics()
    assert (total(again, "loadtest_run_info"), total(again, "loadtest_run_info", build="123")) == (1, 0)
    assert "first" not in {dict(labels)["run_id"] for _, labels in again}
    assert total(again, "shop_orders_total") == 2 * total(again, "loadtest_requests_total", name="/ok")


def test_a_form_with_a_bad_scenario_or_the_id_of_an_earlier_run_is_refused_before_any_load(shop: Shop) -> None:
    locust = Locust("single", shop)
    try:
        locust.run(run_id="first")
        locust.run(run_id="second")
        for form, message in (
            (
                {"loadtest_scenario": "a b"},
                "invalid scenario 'a b': expected up to 64 letters, digits, dots, dashes and underscores",
            ),
            ({"loadtest_run_id": "first"}, "run id 'first' is taken by an earlier run: give another, or none"),
            ({"loadtest_run_id": "second"}, "run id 'second' is taken by an earlier run: give another, or none"),
        ):
            answer = requests.post(f"{locust.web}/swarm", data=form, timeout=10).json()
            assert answer == {"success": False, "message": message}
    finally:
        locust.close()


def test_a_worker_that_joins_in_mid_run_records_all_that_its_users_do(shop: Shop) -> None:
    locust = Locust("late", shop, LATE_LOCUSTFILE)
    try:
        locust.poll(lambda status: status.get("workers") == 1)
        form = {"user_count": "6", "spawn_rate": "6", "host": locust.host, "loadtest_run_id": "joined"}
        assert requests.post(f"{locust.web}/swarm", data=form, timeout=10).json()["success"]
        locust.poll(lambda status: status.get("phase") == "steady")
        locust.add_worker()
        late = {"worker": "1", "run_id": "joined"}
        locust.poll(lambda _: total(locust.metrics(), "loadtest_worker_requests_total", **late) > 50)
        requests.post(f"{locust.web}/stop", timeout=30)
        status = locust.poll(lambda status: status["phase"] == "done")
        metrics = locust.metrics()
    finally:
        locust.close()
    cut_off = total(metrics, "loadtest_inflight_at_stop_total")
    assert total(metrics, "loadtest_requests_total") == status["locust_requests"] == status["exporter_requests"]
    assert status["locust_requests"] <= sum(shop.answered.values()) <= status["locust_requests"] + cut_off


def test_start_can_be_pressed_again_while_the_workers_are_away_after_a_run(shop: Shop) -> None:
    locust = Locust("late", shop)
    try:
        locust.run(run_id="first")
        # Locust itself has dropped the worker by now, until its stop timeout is over.
        assert requests.get(f"{locust.web}/stats/requests", timeout=10).json()["worker_count"] == 1
        assert '"worker_count": 1' in requests.get(locust.web, timeout=10).text
        form = {"user_count": "6", "spawn_rate": "6", "host": locust.host, "loadtest_run_id": "second"}
        assert requests.post(f"{locust.web}/swarm", data=form, timeout=30).json()["success"]
        locust.poll(lambda status: status["run_id"] == "second" and status["locust_requests"] > 0)
    finally:
        locust.close()


@pytest.mark.parametrize("mode", ["single", "separate"])
def test_what_tasks_raise_and_the_exit_code_that_is_set_when_they_are_stopped_reach_the_master(
    mode: str, shop: Shop
) -> None:
    locust = Locust(mode, shop, RAISING_LOCUSTFILE)
    try:
        status = locust.run()
        metrics = locust.metrics()
    finally:
        locust.close()
    [raised] = status["task_exceptions"]
    assert (raised["user_class"], raised["exception"], raised["after_failed_request"]) == ("Buyer", "KeyError", False)
    assert 'in buy\n    self.basket["book"]\n' in raised["traceback"]
    assert raised["traceback"].endswith("KeyError: 'book'")
    labels = {"user_class": "Buyer", "exception": "KeyError", "after_failed_request": "false"}
    assert raised["count"] == total(metrics, "loadtest_task_exceptions_total", **labels) >= 90
    assert status["locustfile_exit_code"] == total(metrics, "loadtest_locustfile_exit_code") == 3


@pytest.mark.parametrize("mode", ["single", "late"])
def test_what_ends_after_the_last_report_of_a_run_changes_none_of_its_figures(mode: str, shop: Shop) -> None:
    locust = Locust(mode, shop, OUTLIVING_LOCUSTFILE)
    try:
        status = locust.run()
        counted = total(locust.metrics(), "loadtest_requests_total")
        assert counted == status["locust_requests"] == status["exporter_requests"]
        locust.poll(lambda _: shop.answered["/later"] == shop.answered["/ok"])
        assert sum(shop.answered.values()) > counted
        until = time.monotonic() + 4  # a worker reports every 3 s
        while time.monotonic() < until:
            later = locust.status()
            assert later["locust_requests"] == later["exporter_requests"] == counted
            assert total(locust.metrics(), "loadtest_requests_total") == counted
            time.sleep(0.2)
        again = locust.run()
        assert again["locust_requests"] == again["exporter_requests"] >= 100
    finally:
        locust.close()
