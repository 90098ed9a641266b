"""Runs the locustfile in processes of its own, and reads what its exporter published."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests
from prometheus_client.parser import text_string_to_metric_families

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
PROGRAMS = Path(__file__).parent / "programs"
LOCUSTFILE = ROOT / "locust" / "locustfile.py"
PASSWORD = "password-of-the-tests"
DEADLINE_SECONDS = 40.0
#: How long Locust stays after the end of a run, to be scraped; killed as soon as that has been done.
LINGER_SECONDS = "30"
_OURS = frozenset({"scenario", "run_id", "think_time_scale"})


@dataclass(frozen=True)
class UserClass:
    """What a user class declares."""

    endpoints: frozenset[tuple[str, str]]
    weight: float
    transactions: frozenset[str]
    tags: frozenset[str]


@dataclass
class Api:
    """The running API, as its own metrics describe it."""

    url: str

    def total(self, metric: str, **labels: str) -> float:
        """Sum of the samples of a metric that have these labels."""
        return parse_metrics(requests.get(f"{self.url}/metrics", timeout=10).text).total(metric, **labels)

    def admin_token(self) -> str:
        body = {"email": "user00010@example.test", "password": PASSWORD}
        answer = requests.post(f"{self.url}/api/auth/login", json=body, timeout=10)
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token

    def set_flag(self, name: str, *, enabled: bool) -> None:
        answer = requests.put(
            f"{self.url}/api/admin/feature-flags/{name}",
            json={"enabled": enabled, "strength": 1.0},
            headers={"Authorization": f"Bearer {self.admin_token()}"},
            timeout=10,
        )
        answer.raise_for_status()


@dataclass
class Metrics:
    """Samples by name."""

    samples: dict[str, list[tuple[dict[str, str], float]]] = field(default_factory=lambda: defaultdict(list))

    def total(self, metric: str, **labels: str) -> float:
        """Sum of the samples of a metric that have these labels."""
        return sum(value for own, value in self.samples[metric] if labels.items() <= own.items())

    def by(self, metric: str, *names: str, **labels: str) -> dict[Any, float]:
        """Sum by the values of some labels (a tuple for several names), those that are 0 left out."""
        sums: dict[Any, float] = defaultdict(float)
        for own, value in self.samples[metric]:
            if labels.items() <= own.items() and value:
                sums[own[names[0]] if len(names) == 1 else tuple(own[name] for name in names)] += value
        return dict(sums)

    def label_values(self, metric: str, name: str) -> set[str]:
        return {labels[name] for labels, _ in self.samples[metric]}


@dataclass(frozen=True)
class Finished:
    """A run that is over: what its exporter showed last, and what Locust wrote."""

    metrics: Metrics
    log: str

    @property
    def requests(self) -> dict[tuple[str, str], float]:
        """Successful requests by method and name."""
        return self.metrics.by("loadtest_requests_total", "method", "name", outcome="success")

    @property
    def errors(self) -> dict[str, float]:
        """Failed requests by kind."""
        return self.metrics.by("loadtest_request_errors_total", "error")

    @property
    def failures(self) -> dict[tuple[str, str, str], float]:
        """Failed requests by method, name and status."""
        return self.metrics.by("loadtest_requests_total", "method", "name", "status", outcome="failure")

    @property
    def phases(self) -> list[str]:
        """The phases in the order in which they began."""
        started = self.metrics.by("loadtest_phase_start_timestamp_seconds", "phase")
        return sorted(started, key=started.__getitem__)


def parse_metrics(text: str) -> Metrics:
    metrics = Metrics()
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            metrics.samples[sample.name].append((dict(sample.labels), sample.value))
    return metrics


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def environment(**settings: str) -> dict[str, str]:
    """Return the environment of a Locust process: ours without settings that a developer may have exported."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("LOADTEST_", "LOCUST_", "API_"))}
    return own | {"LOADTEST_USER_PASSWORD": PASSWORD, "LOADTEST_TEST_USERS": "100"} | settings


def two_workers() -> tuple[str, ...]:
    """Options of a master with two workers, on a port of their own."""
    port = str(free_port())
    return ("--processes", "2", "--master-bind-host", "127.0.0.1", "--master-bind-port", port, "--master-port", port)


def locust_command(*arguments: str, exporter_port: int) -> list[str]:
    return [
        *(sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--only-summary", "--prepare-seconds", "0"),
        *("--exporter-port", str(exporter_port), *arguments),
    ]


@dataclass(frozen=True)
class Running:
    """A Locust process with a web interface."""

    process: subprocess.Popen[bytes]
    exporter_port: int
    web_port: int
    log_path: Path

    def start(self, **fields: str) -> dict[str, Any]:
        """Start a run as the web form does; return the answer."""
        url = f"http://127.0.0.1:{self.web_port}/swarm"
        fields = {f"loadtest_{name}" if name in _OURS else name: value for name, value in fields.items()}

        def answer() -> dict[str, Any] | None:
            try:
                return dict(requests.post(url, data=fields, timeout=10).json())
            except requests.ConnectionError:
                return None

        return self._poll(answer, "the web interface answers")

    def finished(self, scenario: str | None = None) -> Finished:
        """Wait until the totals of a run (of that scenario) are final."""
        labels = {"phase": "done"} | ({"scenario": scenario} if scenario else {})

        def final_metrics() -> Metrics | None:
            try:
                metrics = parse_metrics(requests.get(f"http://127.0.0.1:{self.exporter_port}/metrics", timeout=5).text)
            except requests.ConnectionError:
                return None
            return metrics if metrics.total("loadtest_phase", **labels) == 1 else None

        return Finished(self._poll(final_metrics, f"a run is done ({labels})"), self.log_path.read_text())

    def _poll(self, get: Callable[[], T | None], what: str) -> T:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            state = self.process.poll()
            assert state is None, f"Locust exited with {state}:\n{self.log_path.read_text()}"
            value = get()
            if value is not None:
                return value
            time.sleep(0.1)
        raise AssertionError(f"not within {DEADLINE_SECONDS:g} s: {what}\n{self.log_path.read_text()}")


class LocustRuns:
    """Starts Locust processes, and ends them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def to_the_end(self, *arguments: str, settings: dict[str, str] | None = None) -> Finished:
        """Run a test, reads the exporter once totals are final, and end Locust."""
        with self.web("--autostart", "--autoquit", LINGER_SECONDS, *arguments, settings=settings) as running:
            return running.finished()

    @contextmanager
    def web(self, *arguments: str, settings: dict[str, str] | None = None) -> Iterator[Running]:
        """Locust with its web interface, ended at the end of the block."""
        exporter_port, web_port = free_port(), free_port()
        options = ("--web-host", "127.0.0.1", "--web-port", str(web_port), *arguments)
        log_path = self._folder / f"{exporter_port}.log"
        with log_path.open("w") as log:
            process = subprocess.Popen(
                locust_command(*options, exporter_port=exporter_port),
                env=environment(**(settings or {})),
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )
        try:
            yield Running(process, exporter_port, web_port, log_path)
        finally:
            process.terminate()
            process.wait(DEADLINE_SECONDS)

    def headless(self, *arguments: str, settings: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run Locust without its web interface until it exits by itself."""
        return subprocess.run(
            [*locust_command("--headless", exporter_port=free_port()), *arguments],
            env=environment(**(settings or {})),
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            cwd=ROOT,
            check=False,
        )


def describe_users() -> dict[str, UserClass]:
    output = subprocess.run(
        [sys.executable, str(PROGRAMS / "describe_users.py")], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    return {
        name: UserClass(
            endpoints=frozenset((method, endpoint) for method, endpoint in description["endpoints"]),
            weight=description["weight"],
            transactions=frozenset(description["transactions"]),
            tags=frozenset(description["tags"]),
        )
        for name, description in json.loads(output).items()
    }


def error_lines(log: str) -> list[str]:
    """Return what the users logged as errors, without time and place."""
    return re.findall(r"/ERROR/(?:users|swarmscope)[\w.]*: (.*)", log)
