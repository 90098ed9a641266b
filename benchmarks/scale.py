"""How cost grows: with users, with endpoints, and with the length of a run.

python -m benchmarks.scale [--quick]
"""

from __future__ import annotations

import gc
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import psutil
import typer
from prometheus_client import CollectorRegistry, generate_latest

from benchmarks.generator import Generator, Kind
from benchmarks.table import Table
from benchmarks.target import nginx
from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.endpoints import Endpoint, EndpointCatalogue
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.snapshot import Snapshot, cells_of

_RUN = "20260131-120000-benchmark"
_USERS = (10, 100, 500, 1000, 2000)
_ENDPOINTS = (10, 50, 100, 200)
_REQUESTS_A_USER = 10
_MIN_REQUESTS = 20_000
_KINDS = (Kind("FastHttpUser"), Kind("LeanHttpUser", user="lean"))
_HOUR_SECONDS, _REPORT_SECONDS = 3600, 3
_SCRAPE_SECONDS = 60  # of the scrapes, which keep nothing, one in thirty
_WORKERS, _REQUESTS_A_REPORT, _QUARTERS = 4, 300, 4


@dataclass
class _Response:
    status_code: int


def users_table(numbers: tuple[int, ...] = _USERS) -> Table:
    """CPU of a request with more and more users in one process, and their memory."""
    rows = []
    with nginx() as target:
        for users in numbers:
            cells = [f"{users}"]
            for kind in _KINDS:
                with Generator(kind, target, users) as generator:
                    requests = max(users * _REQUESTS_A_USER, _MIN_REQUESTS)
                    generator.batch(users * _REQUESTS_A_USER)  # opens the connections
                    batch = generator.batch(requests)
                    cells += [f"{batch.cpu_seconds_per_1000:.4f}", f"{batch.memory_bytes / 1e6:.0f} MB"]
            rows.append(tuple(cells))
    return Table(
        "Users in one process",
        ".venv/bin/python -m benchmarks.scale",
        ("users", "FastHttpUser, CPU s per 1000", "memory", "LeanHttpUser, CPU s per 1000", "memory"),
        tuple(rows),
    )


def endpoints_table(numbers: tuple[int, ...] = _ENDPOINTS) -> Table:
    """Return what the exporter costs with more and more endpoints."""
    rows = []
    with nginx() as target:
        for endpoints in numbers:
            with Generator(Kind("observed", user="lean", is_observed=True), target, endpoints=endpoints) as generator:
                generator.batch(endpoints * 10)
                batch = generator.batch(_MIN_REQUESTS)
                size = generator.scrape()
            rows.append((f"{endpoints}", f"{batch.cpu_seconds_per_1000:.4f}", f"{size / 1000:.0f} kB"))
    return Table(
        "Endpoints",
        ".venv/bin/python -m benchmarks.scale",
        ("endpoints", "LeanHttpUser with exporter, CPU s per 1000", "size of a scrape"),
        tuple(rows),
        "Single process, scraped every 2 s.",
    )


class Hour:
    """An hour of a run with four workers, without the waiting: all reports, all scrapes, all requests."""

    def __init__(self, endpoints: int) -> None:
        self._names = [f"/api/area{number % 8}/thing{number}" for number in range(endpoints)]
        catalogue = EndpointCatalogue()
        catalogue.declare(Endpoint("GET", name) for name in self._names)
        self._run = Run(_RUN, "benchmark", _WORKERS, Merge(_RUN))
        self._registry = CollectorRegistry()
        self._registry.register(RunCollector(lambda: (self._run, RunnerState(), []), catalogue, "benchmark"))
        self._recorders = [Recorder() for _ in range(_WORKERS)]
        self._chance = random.Random(1)  # noqa: S311  # latencies, no secrets

    def _report(self, worker: int, sequence: int) -> None:
        recorder = self._recorders[worker]
        for _ in range(_REQUESTS_A_REPORT):
            failed = self._chance.random() < 0.01
            recorder.on_request(
                "GET",
                self._chance.choice(self._names),
                self._chance.lognormvariate(4, 0.8),
                512,
                _Response(500 if failed else 200),
                RuntimeError("failed") if failed else None,
            )
        snapshot = Snapshot(run_id=_RUN, sequence=sequence, final=False, cells=cells_of(recorder))
        self._run.merge.update(str(worker), Snapshot.from_wire(snapshot.to_wire()))

    def minutes(self, seconds: int) -> Iterator[tuple[int, int]]:
        """After each minute: memory of this process, bytes of the last scrape."""
        sequence, scraped = 0, b""
        for second in range(1, seconds + 1):
            if second % _REPORT_SECONDS == 0:
                sequence += 1
                for worker in range(_WORKERS):
                    self._report(worker, sequence)
            if second % _SCRAPE_SECONDS == 0:
                scraped = generate_latest(self._registry)
            if second % 60 == 0:
                gc.collect()
                yield psutil.Process().memory_info().rss, len(scraped)


def length_table(seconds: int = _HOUR_SECONDS) -> Table:
    """Memory of recorders, merge and exporter over the hour: of one moment it says little, so medians are compared."""
    points = list(Hour(100).minutes(seconds))
    quarter = len(points) // _QUARTERS
    parts = [points[begin * quarter : (begin + 1) * quarter] for begin in range(_QUARTERS)]
    medians = [statistics.median(memory for memory, _ in part) for part in parts]
    return Table(
        "Length of a run",
        ".venv/bin/python -m benchmarks.scale",
        ("minutes", "memory, median", "against the first", "size of a scrape"),
        tuple(
            (
                f"{number * quarter} to {(number + 1) * quarter}",
                f"{median / 1e6:.1f} MB",
                f"{median / medians[0]:.3f}",
                f"{parts[number][-1][1] / 1000:.0f} kB",
            )
            for number, median in enumerate(medians)
        ),
        f"{_WORKERS} workers, 100 endpoints, {_REQUESTS_A_REPORT} requests a report: "
        f"{seconds // _REPORT_SECONDS * _WORKERS * _REQUESTS_A_REPORT} requests, compressed into seconds.",
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [users_table(), endpoints_table(), length_table()]


def main(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer users and endpoints, and a shorter run.")] = False,  # noqa: FBT002
) -> None:
    """Measure and print the tables."""
    measured = [users_table((10, 100)), endpoints_table((10, 50)), length_table(600)] if quick else tables()
    for table in measured:
        table.print()


if __name__ == "__main__":
    typer.run(main)
