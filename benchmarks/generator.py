"""Locust processes that make requests in batches, so that several kinds of users can be compared in turn.

Two processes that take turns see the same machine: what slows it down slows both, and the ratio of each pair stays.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.target import Target, free_port
from swarmscope.locust_plugin.driven import OWN_SCENARIO_VARIABLE
from swarmscope.run.locust_processes import with_plugin

_LOCUSTFILE = Path(__file__).with_name("locustfile.py")
_START_SECONDS = 60.0
_BATCH_SECONDS = 120.0
_SCRAPE_SECONDS = 2.0
_ROUNDS_SECONDS, _MIN_ROUNDS = 100.0, 3


@dataclass(frozen=True)
class Kind:
    """A kind of users, and how Locust runs them."""

    name: str
    user: str = "fast"
    is_observed: bool = False
    is_traced: bool = False
    is_worker: bool = False  # a worker process with a master beside it, as in any larger run


@dataclass(frozen=True)
class Batch:
    """What the process that makes the requests used for a batch of them."""

    requests: int
    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int

    @property
    def cpu_seconds_per_1000(self) -> float:
        return self.cpu_seconds / self.requests * 1000

    @property
    def requests_per_cpu_second(self) -> float:
        return self.requests / self.cpu_seconds


def can_trace() -> bool:
    """Return whether this version of the exporter has tracing."""
    return importlib.util.find_spec("swarmscope_exporter.tracing") is not None


class Generator:
    """One running Locust with users of a kind; a context manager."""

    def __init__(self, kind: Kind, target: Target, users: int = 10, endpoints: int = 60) -> None:
        self.kind = kind
        self._target = target
        self._users = users
        self._endpoints = endpoints
        self._exporter_port = free_port()
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        listener = self._closing.enter_context(socket.create_server(("127.0.0.1", 0)))
        listener.settimeout(_START_SECONDS)
        log = self._closing.enter_context(tempfile.TemporaryFile("w+"))
        process = subprocess.Popen(
            self._command(),
            env=self._environment(listener.getsockname()[1]),
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that its workers can be stopped with it
        )
        self._closing.callback(_stop, process)
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            log.seek(0)
            last_lines = "".join(log.readlines()[-10:])
            self._closing.close()
            sys.exit(f"Locust did not start its users of {self.kind.name!r} in {_START_SECONDS:g} s:\n{last_lines}")
        connection.settimeout(_BATCH_SECONDS)
        self._lines = self._closing.enter_context(connection.makefile("rw"))
        self._closing.callback(connection.close)
        self._lines.readline()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _command(self) -> list[str]:
        users = str(self._users)
        command = [sys.executable, "-m", "locust", "-f", self._locustfiles(), "--headless", "--only-summary"]
        command += ["--host", self._target.url, "--users", users, "--spawn-rate", users, "--loglevel", "ERROR"]
        if self.kind.is_worker:
            port = str(free_port())
            command += ["--processes", "1", "--master-bind-port", port, "--master-port", port]
        if self.kind.is_observed:
            command += ["--exporter-port", str(self._exporter_port), "--prepare-seconds", "0"]
        if self.kind.is_traced:
            command += ["--otel-endpoint", self._target.url]
        return command

    def _locustfiles(self) -> str:
        return with_plugin(str(_LOCUSTFILE)) if self.kind.is_observed else str(_LOCUSTFILE)

    def _environment(self, control_port: int) -> dict[str, str]:
        root = str(_LOCUSTFILE.parents[1])
        return os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH")))),
            OWN_SCENARIO_VARIABLE: "{}",
            "BENCHMARK_USER": self.kind.user,
            "BENCHMARK_OBSERVED": str(int(self.kind.is_observed)),
            "BENCHMARK_USERS": str(self._users),
            "BENCHMARK_ENDPOINTS": str(self._endpoints),
            "BENCHMARK_CONTROL": str(control_port),
        }

    def batch(self, requests: int) -> Batch:
        """Have all users together make that many requests; an exporter is scraped meanwhile, as Prometheus would."""
        done = threading.Event()
        scraping = threading.Thread(target=self._scrape_until, args=(done,))
        if self.kind.is_observed:
            scraping.start()
        print(requests, file=self._lines, flush=True)
        answer = self._lines.readline()
        done.set()
        if self.kind.is_observed:
            scraping.join()
        if not answer:
            sys.exit(f"the Locust process of {self.kind.name!r} ended")
        figures = json.loads(answer)
        if figures.pop("failures"):
            sys.exit(f"requests of {self.kind.name!r} failed: a figure made of them means nothing")
        return Batch(requests, **figures)

    def _scrape_until(self, done: threading.Event) -> None:
        if not done.wait(_SCRAPE_SECONDS / 4):
            self.scrape()
        while not done.wait(_SCRAPE_SECONDS):
            self.scrape()

    def scrape(self) -> int:
        """Bytes of one answer of the exporter; 0 when it does not answer."""
        with suppress(OSError):
            url = f"http://127.0.0.1:{self._exporter_port}/metrics"
            with urllib.request.urlopen(url, timeout=10) as answer:  # loopback
                return len(answer.read())
        return 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout=10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def in_turn(
    kinds: Iterable[Kind], target: Target, rounds: int, requests: int, users: int = 10
) -> dict[str, list[Batch]]:
    """Batches of each kind, one of each in every round, after one that only warms up; it ends when its time is over."""
    with ExitStack() as stack:
        generators = [stack.enter_context(Generator(kind, target, users)) for kind in kinds]
        batches: dict[str, list[Batch]] = {generator.kind.name: [] for generator in generators}
        for generator in generators:
            generator.batch(max(requests // 5, users * 10))
        deadline = time.monotonic() + _ROUNDS_SECONDS
        for number in range(rounds):
            if time.monotonic() > deadline and number >= _MIN_ROUNDS:
                break
            # who is first in one round is last in the next
            for generator in generators if number % 2 else reversed(generators):
                batches[generator.kind.name].append(generator.batch(requests))
    return batches


def median_ratio(batches: Sequence[Batch], bases: Sequence[Batch]) -> float:
    """CPU per request against the base, pair by pair."""
    pairs = zip(batches, bases, strict=True)
    return statistics.median(one.cpu_seconds_per_1000 / base.cpu_seconds_per_1000 for one, base in pairs)


def median_cost(batches: Sequence[Batch]) -> float:
    """CPU seconds per 1000 requests."""
    return statistics.median(batch.cpu_seconds_per_1000 for batch in batches)
