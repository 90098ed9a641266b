"""What many workers cost the master: real snapshots through the wire, the merge and the exporter.

    python -m benchmarks.merge [--workers 10 --workers 100 --workers 1000] [--endpoints 60]

Each simulated worker reports every 3 s, as Locust's do; Prometheus scrapes every 2 s. A few real recorders make the
reports, packed and unpacked as Locust does it; the master unpacks one for each worker. What Locust itself spends on its
own statistics in the same reports is measured beside it: Locust always pays that.
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust.stats import RequestStats, StatsEntry  # isort: skip

import gc
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import msgpack
import psutil
import requests
import typer
from prometheus_client import Counter
from rich.console import Console
from rich.table import Table

from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.custom import CustomMetrics
from swarmscope_exporter.endpoints import Endpoint, EndpointCatalogue
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.overhead import OwnCost
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.server import ExporterServer
from swarmscope_exporter.snapshot import REPORT_KEY, Snapshot, cells_of
from swarmscope_exporter.websocket import observe_websocket

#: A metric of a locustfile's own, with as many series as one may have.
_KINDS = 40
_ORDERS = Counter("orders", "Orders by kind.", ["kind"])
_RUN = "20260131-120000-benchmark"
_REPORT_SECONDS, _SCRAPE_SECONDS = 3, 2
_REQUESTS_BEFORE = 20_000  # of each worker, so that its histograms are as full as in the middle of a run
_REQUESTS_A_REPORT = 90  # 30 a second and worker
_FAILURES = 0.01
_RECORDERS = 10
_ROUNDS, _SCRAPES = 3, 7
_MEGABYTE = 1e6


@dataclass(frozen=True)
class Figures:
    """Of a master with that many workers; CPU in seconds for each minute of a run."""

    workers: int
    reports_cpu_seconds: float
    locust_cpu_seconds: float
    scrapes_cpu_seconds: float
    scrape_seconds: float
    scrape_bytes: int
    wire_bytes: int
    memory_bytes: int

    @property
    def core_ratio(self) -> float:
        """Share of one core that reports and scrapes take."""
        return (self.reports_cpu_seconds + self.scrapes_cpu_seconds) / 60


@dataclass
class _Response:
    status_code: int


class SimulatedWorker:
    """A real recorder, real custom metrics and Locust's own statistics, fed with requests at random."""

    def __init__(self, endpoints: list[Endpoint], seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311  # a load, no secret
        self._endpoints = endpoints
        self._recorder = Recorder()
        self._custom = CustomMetrics()
        self._sequence = 0
        self._stats = RequestStats()
        self._serve(_REQUESTS_BEFORE)

    def _serve(self, count: int) -> None:
        for _ in range(count):
            endpoint = self._chance.choice(self._endpoints)
            failed = self._chance.random() < _FAILURES
            milliseconds = round(self._chance.lognormvariate(4, 0.8))
            self._recorder.on_request(
                endpoint.method,
                endpoint.name,
                milliseconds,
                512,
                _Response(500 if failed else 200),
                RuntimeError() if failed else None,
            )
            self._stats.log_request(endpoint.method, endpoint.name, milliseconds, 512)

    def report(self) -> bytes:
        """Return the next report, as it travels."""
        self._serve(_REQUESTS_A_REPORT)
        _ORDERS.labels(str(self._chance.randrange(_KINDS))).inc()
        observe_websocket("message", self._chance.random(), success=True)
        self._sequence += 1
        snapshot = Snapshot(
            run_id=_RUN,
            sequence=self._sequence,
            final=False,
            cells=cells_of(self._recorder),
            requests=self._recorder.count,
            custom=self._custom.collect(),
        )
        stats = [entry.get_stripped_report() for entry in self._stats.entries.values()]
        packed: bytes = msgpack.dumps({REPORT_KEY: snapshot.to_wire(), "stats": stats})
        return packed


class SimulatedMaster:
    """The merge and the exporter of a run with that many workers."""

    def __init__(self, workers: int, endpoints: list[Endpoint]) -> None:
        catalogue = EndpointCatalogue()
        catalogue.declare(endpoints)
        self.run = Run(_RUN, "benchmark", workers, Merge(_RUN))
        self._custom = CustomMetrics()
        self._stats = RequestStats()
        state = RunnerState({"Shopper": workers}, {"Shopper": workers}, {"running": workers})
        collector = RunCollector(lambda: (self.run, state, self._custom.collect()), catalogue, "2")
        self.server = ExporterServer(collector, "127.0.0.1", 0, OwnCost())

    def take(self, worker: int, data: dict[str, Any]) -> None:
        assert self.run.merge.update(str(worker), Snapshot.from_wire(data[REPORT_KEY]))

    def take_as_locust(self, data: dict[str, Any]) -> None:
        """Do what Locust's own listener does with the statistics of a worker's report."""
        for entry in data["stats"]:
            self._stats.get(entry["name"], entry["method"]).extend(StatsEntry.unserialize(entry, self._stats))

    def scrape(self) -> bytes:
        """As Prometheus asks: in the OpenMetrics format, compressed on the way."""
        headers = {"Accept-Encoding": "gzip", "Accept": "application/openmetrics-text;version=1.0.0"}
        return requests.get(f"http://127.0.0.1:{self.server.port}/metrics", headers=headers, timeout=60).content


def _endpoints(count: int) -> list[Endpoint]:
    return [Endpoint("GET", f"/api/area{number % 8}/thing{number}/{{id}}") for number in range(count)]


def measure(workers: int, endpoint_count: int) -> Figures:
    """Feed a master with reports for some rounds, then scrapes it."""
    endpoints = _endpoints(endpoint_count)
    sources = [SimulatedWorker(endpoints, seed) for seed in range(_RECORDERS)]
    master = SimulatedMaster(workers, endpoints)
    gc.collect()
    memory_before = psutil.Process().memory_info().rss
    rounds = [_round(master, sources, workers) for _ in range(1 + _ROUNDS)][1:]  # the first one opens all cells
    memory_bytes = psutil.Process().memory_info().rss - memory_before
    scrapes = list(_scrapes(master))
    reports, rest, sizes = zip(*rounds, strict=True)
    return Figures(
        workers,
        reports_cpu_seconds=statistics.median(reports) * 60 / _REPORT_SECONDS,
        locust_cpu_seconds=statistics.median(rest) * 60 / _REPORT_SECONDS,
        scrapes_cpu_seconds=statistics.median(cpu for cpu, _, _ in scrapes) * 60 / _SCRAPE_SECONDS,
        scrape_seconds=statistics.median(wall for _, wall, _ in scrapes),
        scrape_bytes=scrapes[-1][2],
        wire_bytes=round(statistics.mean(sizes)),
        memory_bytes=memory_bytes,
    )


def _round(master: SimulatedMaster, sources: list[SimulatedWorker], workers: int) -> tuple[float, float, float]:
    """Return one report of each worker: CPU seconds of ours and of Locust's own statistics, and bytes of a report."""
    ours = locusts = 0.0
    packed = [source.report() for source in sources]
    for worker in range(workers):
        raw = packed[worker % len(packed)]
        begin = time.process_time()
        data = msgpack.loads(raw, strict_map_key=False)
        middle = time.process_time()
        master.take(worker, data)
        end = time.process_time()
        master.take_as_locust(data)
        ours += end - begin
        locusts += time.process_time() - end + middle - begin
    return ours, locusts, statistics.mean(map(len, packed))


def _scrapes(master: SimulatedMaster) -> Iterator[tuple[float, float, int]]:
    """CPU and wall seconds of a scrape, and its size."""
    for _ in range(_SCRAPES):
        cpu, wall = time.process_time(), time.perf_counter()
        body = master.scrape()
        yield time.process_time() - cpu, time.perf_counter() - wall, len(body)


def main(
    workers: Annotated[list[int], typer.Option(help="How many to simulate; may be given several times.")] = [  # noqa: B006
        10,
        100,
        1000,
    ],
    endpoints: Annotated[int, typer.Option(help="Request names.")] = 60,
) -> None:
    """Measure each number of workers in a process of its own, and print the table."""
    table = Table(title=f"A master with {endpoints} endpoints", title_justify="left")
    heads = ("Workers", "Reports", "Scrapes", "Of a core", "Locust's own", "Scrape", "Size", "Report", "Memory")
    for head in heads:
        table.add_column(head, justify="right")
    for count in workers:
        table.add_row(*_cells(_measured_apart(count, endpoints)))
    Console().print(table)


def _measured_apart(workers: int, endpoints: int) -> Figures:
    """In a process of its own, so that no measurement finds the memory of the one before."""
    code = f"from benchmarks.merge import print_figures; print_figures({workers}, {endpoints})"
    result = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    return Figures(**json.loads(result.stdout))


def print_figures(workers: int, endpoints: int) -> None:
    print(json.dumps(asdict(measure(workers, endpoints))))


def _cells(figures: Figures) -> tuple[str, ...]:
    return (
        f"{figures.workers}",
        f"{figures.reports_cpu_seconds:.1f} s/min",
        f"{figures.scrapes_cpu_seconds:.1f} s/min",
        f"{figures.core_ratio:.1%}",
        f"{figures.locust_cpu_seconds:.1f} s/min",
        f"{figures.scrape_seconds * 1000:.0f} ms",
        f"{figures.scrape_bytes / _MEGABYTE:.2f} MB",
        f"{figures.wire_bytes / 1000:.0f} kB",
        f"{figures.memory_bytes / _MEGABYTE:.0f} MB",
    )


if __name__ == "__main__":
    typer.run(main)
