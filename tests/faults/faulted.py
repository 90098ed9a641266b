"""A run with a fault in the middle: a small target, a small locustfile, everything else as it always is."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import requests

from swarmscope.prometheus.loaded_rules import reload_rules
from tests.runs.command import RunCommand

LOCUSTFILE = Path(__file__).with_name("programs") / "locustfile.py"
SCENARIO = "faulted"
ITEMS = ("endpoint_latency_p95_seconds", "GET", "/items", 0.5)
NEVER_CALLED = ("endpoint_latency_p95_seconds", "GET", "/never", 0.5)

Threshold = tuple[str, str, str, float]


def thresholds_file(folder: Path, thresholds: Iterable[Threshold] = (ITEMS,)) -> Path:
    """Return a file for ``--thresholds`` with these lines for the scenario of these tests."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "own-thresholds.yml"
    lines = [
        f"      - {{record: loadtest:threshold, labels: {{scenario: {SCENARIO}, objective: {objective},"
        f" method: {method}, name: {name}, bound: max, severity: critical}}, expr: vector({value})}}"
        for objective, method, name, value in thresholds
    ]
    path.write_text("\n".join(["groups:", "  - name: own", "    rules:", *lines] if lines else ["groups: []"]) + "\n")
    return path


class FaultedRun(RunCommand):
    """``swarmscope run`` against a target of the test; ``strike`` sets its ``fault`` off."""

    def __init__(
        self,
        folder: Path,
        host: str,
        *arguments: str,
        fault: str = "",
        thresholds: Iterable[Threshold] = (ITEMS,),
        run_time: str = "25s",
        workers: int = 2,
        users: int = 4,
        locustfile: Path = LOCUSTFILE,
        own_thresholds: Path | None = None,
    ) -> None:
        self._trigger = folder / "strike"
        own_thresholds = own_thresholds or thresholds_file(folder, thresholds)
        own = ["--locustfile", str(locustfile), "--thresholds", str(own_thresholds)]
        load = ["--users", str(users), "--run-time", run_time, "--workers", str(workers)]
        environment = {"FAULT": fault, "FAULT_TRIGGER": str(self._trigger)}
        super().__init__(folder, SCENARIO, "--host", host, *own, *load, *arguments, environment=environment)

    def wait_until_steady(self) -> None:
        """Wait until all users are there and have made requests; remember the children that run then."""
        self.wait_for(r"Locust\s+http://\S+, Prometheus\s+http://\S+")
        self._until(self._is_steady, "the steady phase", 60)

    @property
    def locust_url(self) -> str:
        return self._url_of("Locust")

    @property
    def prometheus_url(self) -> str:
        return self._url_of("Prometheus")

    def _url_of(self, part: str) -> str:
        match = re.search(rf"{part}\s+(http://[\w.:]+)", self.text)
        assert match is not None, self.text
        return match[1]

    def status(self) -> dict[str, Any]:
        """Return what the Locust master says of the run."""
        try:
            document: dict[str, Any] = requests.get(f"{self.locust_url}/loadtest/run", timeout=10).json()
        except requests.RequestException as error:
            raise AssertionError(f"Locust does not answer ({error}); the output is:\n{self.text}") from None
        return document

    def _is_steady(self) -> bool:
        status = self.status()
        return bool(status["phase"] == "steady" and status["exporter_requests"] > 10)

    def strike(self) -> None:
        self._trigger.touch()

    def worker(self, index: int = 0) -> psutil.Process:
        """Return one of Locust's workers; the file of its log tells them apart."""
        workers = [child for child in self.children() if "--worker" in child.cmdline()]
        return sorted(workers, key=lambda process: process.pid)[index]

    def reload_rules(self) -> bool:
        """Return whether Prometheus could load what the run's rules folder holds now."""
        return reload_rules(self.prometheus().pid, self.prometheus_url)

    def prometheus(self) -> psutil.Process:
        return self.child("--config.file", "--storage.tsdb.path")


def exporter_port(run: FaultedRun) -> str:
    """Return the port that the run chose, from the master's command line."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for child in run.children():
            with suppress(psutil.Error):  # it may end at this moment
                line = child.cmdline()
                if "--loadtest-exporter-port" in line and "--master" in line:
                    return line[line.index("--loadtest-exporter-port") + 1]
        time.sleep(0.1)
    raise AssertionError(f"no master was started:\n{run.text}")


def fired(verdict: dict[str, Any], gate: str | None = None) -> set[str]:
    """Name of the alerts that fired."""
    return {span["name"] for span in verdict["alerts"] if span["state"] == "firing" and gate in {None, span["gate"]}}


def assert_no_traceback(run: RunCommand) -> None:
    """Tell a fault in words."""
    assert "Traceback" not in run.text, run.text


def assert_inconclusive(run: RunCommand, *reasons: str) -> dict[str, Any]:
    """Exit code 2, INCONCLUSIVE, a reason that matches each pattern, and no child left; return the verdict."""
    assert run.exit_code() == 2, run.text
    verdict = run.verdict()
    assert verdict["verdict"] == "INCONCLUSIVE", verdict["reasons"]
    for pattern in reasons:
        assert any(re.search(pattern, reason) for reason in verdict["reasons"]), (pattern, verdict["reasons"])
    assert_no_traceback(run)
    assert run.leftovers() == []
    return verdict


def assert_failed(run: RunCommand, *objectives: str) -> dict[str, Any]:
    """Exit code 1, FAIL, these objectives among the failed ones, and no child left; return the verdict."""
    assert run.exit_code() == 1, run.text
    verdict = run.verdict()
    assert verdict["verdict"] == "FAIL", verdict["reasons"]
    failed = {item["objective"] for item in verdict["objectives"] if item["status"] == "FAIL"}
    assert failed >= set(objectives), (failed, verdict["reasons"])
    assert_no_traceback(run)
    assert run.leftovers() == []
    return verdict


def is_root() -> bool:
    return os.geteuid() == 0
