"""An API that the harness knows nothing of is judged like ours: natively, and on a Locust master that runs already."""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from swarmscope.errors import CommandError
from swarmscope.locust_plugin.driven import OWN_SCENARIO_VARIABLE
from swarmscope.processes.ports import PortPicker
from swarmscope.processes.probes import http_ok
from swarmscope.processes.process import ManagedProcess
from swarmscope.run.locust_api import LocustApi
from swarmscope.run.locust_processes import with_plugin
from tests.examples.shop import FOLDER, Shop
from tests.faults.own_prometheus import OwnPrometheus
from tests.places import ROOT
from tests.runs.command import RunCommand

LOCUSTFILE, THRESHOLDS = FOLDER / "locustfile.py", FOLDER / "thresholds.yml"
SHOP = ("shop", "--locustfile", str(LOCUSTFILE), "--users", "8", "--spawn-rate", "4", "--run-time", "8s")


def test_it_is_a_locustfile_of_20_lines_and_four_thresholds() -> None:
    statements = [line for line in LOCUSTFILE.read_text().splitlines() if line.strip()]
    assert len(statements) <= 20
    (group,) = yaml.safe_load(THRESHOLDS.read_text())["groups"]
    assert len(group["rules"]) == 4


def test_nothing_of_the_harness_imports_the_reference_api() -> None:
    imports = re.compile(r"^\s*(?:from|import) api\b", re.MULTILINE)
    files = [path for folder in ("exporters", "src", "scripts") for path in (ROOT / folder).rglob("*.py")]
    assert len(files) > 50
    assert [str(path) for path in files if imports.search(path.read_text())] == []


@pytest.mark.real
def test_the_customers_of_a_larger_run_may_all_come_at_once() -> None:
    with Shop() as shop, ExitStack() as customers:
        address = urlsplit(shop.url)
        with shop.busy():
            for _ in range(100):  # one for whom there is no room would try again a second later
                connection = socket.create_connection((address.hostname, address.port or 0), timeout=0.9)
                customers.enter_context(connection)


@pytest.mark.alone
@pytest.mark.real
def test_the_shop_passes_with_all_of_its_requests_accounted_for(tmp_path: Path) -> None:
    with Shop() as shop:
        run = RunCommand(tmp_path, *SHOP, "--thresholds", str(THRESHOLDS), "--host", shop.url)
        assert run.exit_code() == 0, run.text
    verdict = run.verdict()
    assert (verdict["verdict"], verdict["reasons"], verdict["run"]["scenario"]) == ("PASS", [], "shop")
    judged = {item["objective"]: item["threshold"] for item in verdict["objectives"]}
    assert judged["endpoint_latency_p95_seconds"] == 0.5
    assert (judged["latency_p95_seconds"], judged["latency_p99_seconds"]) == (0.3, 1)  # its own, and the default
    assert verdict["ledger"]["target"] is None
    assert verdict["figures"]["cache_hits"] is None
    assert verdict["figures"]["requests"] > 100
    assert (run.folder / "rules" / "extra-thresholds.yml").read_text() == THRESHOLDS.read_text()


@pytest.mark.real
def test_a_slow_shop_fails_on_a_master_that_runs_already_and_keeps_running(tmp_path: Path) -> None:
    with (
        Shop(slow_seconds=0.6) as shop,
        OwnPrometheus(tmp_path, THRESHOLDS) as prometheus,
        locust_at(tmp_path, prometheus) as (url, master),
    ):
        place = ("--locust-url", url, "--prometheus-url", prometheus.url, "--rules", str(tmp_path / "rules"))
        run = RunCommand(tmp_path, *SHOP, *place, "--host", shop.url)
        run.wait_for(r"run \S+: 1 worker\(s\) on ")
        with pytest.raises(CommandError) as busy:
            LocustApi(url).swarm({"scenario": "shop", "run_id": "another", "user_count": "1", "spawn_rate": "1"})
        assert run.exit_code() == 1, run.text
        assert master.alive
    verdict = run.verdict()
    failed = {item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"}
    assert {"latency_p95_seconds", "endpoint_latency_p95_seconds"} <= failed
    assert any(line.startswith("One request in twenty is slow") for line in verdict["recommendation"])
    assert (run.folder / "locust-requests.csv").is_file()
    assert str(busy.value) == (
        f"Locust refused to start the run: run {run.folder.name} is under way: wait for its end, or stop it"
    )


@contextmanager
def locust_at(folder: Path, prometheus: OwnPrometheus) -> Iterator[tuple[str, ManagedProcess]]:
    """Yield a single Locust process with a web interface, as somebody might have started it by hand."""
    picker = PortPicker(print)
    web, exporter = picker.pick("Locust"), picker.pick("exporter")
    prometheus.scrape(f"127.0.0.1:{exporter}")
    ports = ("--web-host", "127.0.0.1", "--web-port", str(web), "--exporter-port", str(exporter))
    process = ManagedProcess(
        "locust",
        [sys.executable, "-m", "locust", "-f", with_plugin(str(LOCUSTFILE)), *ports, "--host", "http://127.0.0.1:9"],
        env=os.environ | {OWN_SCENARIO_VARIABLE: "{}"},
        log_path=folder / "locust.log",
    )
    process.start()
    try:
        process.wait_ready(http_ok(web, "/loadtest/run"), 30)
        yield f"http://127.0.0.1:{web}", process
    finally:
        process.stop()
