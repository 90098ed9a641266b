"""What tracing adds to a request, and exemplars to a scrape.

    python -m benchmarks.tracing [--rounds N] [--ratio 0.01]

The same users against the same server in one process, tracing off and on in turn for 100 requests each, so that a
machine whose speed drifts slows both alike. Each round of 2000 ends with the export of its spans: a run exports every
5 s, which that is at 400 requests a second. The collector lives in this process and is paid for as well; that it is
down means a port without a listener.
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser  # isort: skip
from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.env import Environment  # isort: skip

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import gevent
import typer
from gevent.server import StreamServer
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from benchmarks.table import Table
from swarmscope_exporter.buckets import EDGES_MS
from swarmscope_exporter.cells import CellKey
from swarmscope_exporter.collector import RunCollector, RunnerState
from swarmscope_exporter.endpoints import EndpointCatalogue
from swarmscope_exporter.exemplars import MAX_EXEMPLARS, Exemplar
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.snapshot import Snapshot, cells_of
from swarmscope_exporter.tracing import TracingSettings
from swarmscope_exporter.tracing.sender import SpanSender
from swarmscope_exporter.tracing.spans import Spans

_REQUESTS_PER_SLICE, _SLICES = 100, 20
_NAMES = 40
_DEAD_PORT = 9  # discard: nothing listens there
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def _answer(connection: Any, _: Any) -> None:
    """As cheap a server as there is: one fixed response for each request that arrives in one piece."""
    while connection.recv(65536):
        connection.sendall(_OK)


def _collect(connection: Any, _: Any) -> None:
    """Take posts of any length."""
    body = 0
    while data := connection.recv(65536):
        head, _, rest = data.partition(b"\r\n\r\n")
        if body <= 0:
            length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
            body, data = int(length.split(b":")[1]), rest
        body -= len(data)
        if body <= 0:
            connection.sendall(_OK)


class Pair:
    """One user whose requests can be made with and without tracing."""

    def __init__(self, host: str, endpoint: str, ratio: float) -> None:
        self._environment = Environment(host=host)
        self._user = type("Visitor", (FastHttpUser,), {"host": host})(self._environment)
        self._recorder = Recorder()
        self._environment.events.request.add_listener(self._recorder.on_request)
        self._sender = SpanSender(TracingSettings(f"{endpoint}/v1/traces", ratio))
        labels = {"run_id": "benchmark", "scenario": "benchmark"}
        tracer = self._sender.provider.get_tracer("benchmark")
        self._spans = Spans(tracer, ratio, lambda: labels, self._recorder.note_exemplar)

    def round(self) -> tuple[float, float]:
        """CPU microseconds of one request, off and on: slices in turn, and the export of what was traced."""
        off = on = 0.0
        for number in range(_SLICES):
            for traced in (False, True) if number % 2 else (True, False):
                if traced:
                    with self._traced():
                        on += self._slice()
                else:
                    off += self._slice()
        begun = time.process_time()
        self._sender.provider.force_flush()
        on += time.process_time() - begun
        gevent.sleep(0)
        return tuple(seconds / (_SLICES * _REQUESTS_PER_SLICE) * 1e6 for seconds in (off, on))  # type: ignore[return-value]

    def _slice(self) -> float:
        begun = time.process_time()
        for _ in range(_REQUESTS_PER_SLICE):
            self._user.client.get("/ok")
        return time.process_time() - begun

    @contextmanager
    def _traced(self) -> Iterator[None]:
        plain = FastHttpSession.request
        self._spans.trace_requests(FastHttpSession)
        self._environment.events.request.add_listener(self._spans.on_request)
        try:
            yield
        finally:
            FastHttpSession.request = plain  # type: ignore[method-assign]
            self._environment.events.request.remove_listener(self._spans.on_request)


def scrape_milliseconds(rounds: int) -> dict[str, float]:
    """Return one rendering of a run with 40 names: as text, as OpenMetrics, and with as many exemplars as possible."""

    def registry(exemplars: int) -> CollectorRegistry:
        recorder = Recorder()
        for number in range(_NAMES * len(EDGES_MS)):
            key = CellKey("GET", f"/api/{number % _NAMES}", 200, "")
            edge = EDGES_MS[number // _NAMES]
            recorder.on_request("GET", key.name, edge, 100, response=_Answer())
            if number < exemplars:
                recorder.note_exemplar(key, Exemplar(f"{number:032x}", edge, 1e9 + number))
        run = Run("benchmark", "benchmark", 1, Merge("benchmark"))
        run.merge.update("0", Snapshot("benchmark", 1, final=False, cells=cells_of(recorder)))
        found = CollectorRegistry()
        found.register(RunCollector(lambda: (run, RunnerState(), []), EndpointCatalogue(), "benchmark"))
        return found

    plain, full = registry(0), registry(MAX_EXEMPLARS)
    renderings: dict[str, Callable[[], object]] = {
        "text": lambda: generate_latest(plain),
        "OpenMetrics": lambda: generate_openmetrics(plain),
        f"OpenMetrics, {MAX_EXEMPLARS} exemplars": lambda: generate_openmetrics(full),
    }
    times: dict[str, list[float]] = {name: [] for name in renderings}
    for _ in range(rounds):
        for name, render in renderings.items():
            begun = time.process_time()
            render()
            times[name].append((time.process_time() - begun) * 1e3)
    return {name: statistics.median(values) for name, values in times.items()}


class _Answer:
    status_code = 200


def measure(rounds: int = 20, ratio: float = 0.01) -> Table:
    """Return a request with and without tracing, and a scrape with and without exemplars."""
    server, collector = StreamServer(("127.0.0.1", 0), _answer), StreamServer(("127.0.0.1", 0), _collect)
    server.start()
    collector.start()
    host = f"http://127.0.0.1:{server.server_port}"
    rows: list[tuple[str, ...]] = []
    for name, endpoint in (
        ("request, collector takes spans", f"http://127.0.0.1:{collector.server_port}"),
        ("request, collector is down", f"http://127.0.0.1:{_DEAD_PORT}"),
    ):
        pair = Pair(host, endpoint, ratio)
        pair.round()
        results = [pair.round() for _ in range(rounds)]
        off, on = (statistics.median(column) for column in zip(*results, strict=True))
        ratio_of_round = statistics.median(on / off for off, on in results)
        rows.append((name, f"{off:.1f} µs CPU", f"{on:.1f} µs CPU", f"{ratio_of_round:.3f}"))
    text, openmetrics, full = scrape_milliseconds(rounds).values()
    rows.append(("scrape, text → OpenMetrics", f"{text:.1f} ms", f"{openmetrics:.1f} ms", f"{openmetrics / text:.3f}"))
    name = f"scrape, OpenMetrics → with {MAX_EXEMPLARS} exemplars"
    rows.append((name, f"{openmetrics:.1f} ms", f"{full:.1f} ms", f"{full / openmetrics:.3f}"))
    return Table(
        f"What tracing {ratio:.0%} of the requests costs",
        ".venv/bin/python -m benchmarks.tracing",
        ("figure", "off", "on", "on / off, by round"),
        tuple(rows),
        f"Medians of {rounds} rounds; client and server, in one process.",
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [measure()]


def main(
    rounds: Annotated[int, typer.Option(help="Rounds of 2000 requests off and 2000 on.")] = 20,
    ratio: Annotated[float, typer.Option(help="Share of the requests that is traced.")] = 0.01,
) -> None:
    """Measure and print."""
    measure(rounds, ratio).print()


if __name__ == "__main__":
    typer.run(main)
