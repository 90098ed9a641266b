"""What the recorder adds to a request: nanoseconds for each part, and its share of a FastHttpUser request's CPU.

    python -m benchmarks.recorder [--rounds N]

The share comes from the same users against the same server in one process, recorder on and off in turn,
so that a machine whose speed drifts slows both alike; medians of CPU seconds are compared.
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser, TaskSet  # isort: skip
from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.env import Environment  # isort: skip
from locust.event import Events  # isort: skip

import statistics
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import gevent
import typer
from gevent.server import StreamServer

from benchmarks.table import Table
from swarmscope_exporter.iterations import Iterations
from swarmscope_exporter.listeners import taken_from_locust
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.requests_begun import BegunRequests
from swarmscope_exporter.task_exceptions import TaskExceptions
from swarmscope_exporter.virtual_users import VirtualUsers

_CALLS = 200_000
_REQUESTS_PER_BATCH = 250
_NAMES = 60
#: Ids in names: so many that each folded name is still remembered when it comes again, and so many that none is.
_KNOWN_IDS, _FORGOTTEN_IDS = 2000, 20_000


@dataclass
class _Response:
    status_code: int = 200


def listener_nanoseconds(names: int = _NAMES) -> float:
    """CPU time of one call of the listener, over so many names in turn, with response times all over the grid.

    What it notes is put into the buckets after each thousand.
    """
    recorder = Recorder()
    response = _Response()
    events: list[dict[str, Any]] = [
        {
            "request_type": "GET",
            "name": f"/api/endpoint/{number % names}",
            "response_time": 1.0 + (number * 37 % 2000),
            "response_length": 512,
            "response": response,
            "exception": None,
            "context": {},
            "start_time": 0.0,
            "url": "http://127.0.0.1/",
        }
        for number in range(max(1000, names))
    ]
    begin = time.process_time()
    for _ in range(_CALLS // len(events)):
        for number, event in enumerate(events):
            recorder.on_request(**event)
            if number % 1000 == 0:
                recorder.settle()
    return (time.process_time() - begin) / _CALLS * 1e9


class _Session:
    def request(self, method: str, url: str, name: str | None = None, **kwargs: Any) -> None:
        pass


class _Tasks(TaskSet):
    def __init__(self) -> None:
        self._user: Any = self
        self._task_queue: deque[Any] = deque()

    def execute_task(self, task: Any) -> None:
        pass


def begin_nanoseconds() -> float:
    """CPU time that the wrapper of a session's ``request`` adds to it, which counts that it begins."""
    watched = type("Watched", (_Session,), {"request": _Session.request})
    BegunRequests().watch(watched)
    without, having = _Session(), watched()
    return _nanoseconds(lambda: having.request("GET", "/api", name="/api")) - _nanoseconds(
        lambda: without.request("GET", "/api", name="/api")
    )


def iteration_nanoseconds(without: Callable[[Any], None], having: Callable[[Any], None]) -> float:
    """CPU time that following an iteration adds to it; given are both forms of TaskSet.execute_next_task."""
    tasks = _Tasks()

    def one(execute: Callable[[Any], None]) -> Callable[[], None]:
        def iteration() -> None:
            tasks._task_queue.append(None)  # noqa: SLF001  # as TaskSet.run does
            execute(tasks)

        return iteration

    return _nanoseconds(one(having)) - _nanoseconds(one(without))


def _nanoseconds(call: Callable[[], None]) -> float:
    begin = time.process_time()
    for _ in range(_CALLS):
        call()
    return (time.process_time() - begin) / _CALLS * 1e9


def _watched_iterations() -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    """TaskSet.execute_next_task without and with us; from here on this process has the latter."""
    without: Any = TaskSet.execute_next_task
    Iterations(VirtualUsers(set()), TaskExceptions()).watch(Events())
    having: Any = TaskSet.execute_next_task
    return without, having


def _answer(connection: Any, _: Any) -> None:
    """As cheap a server as there is: one fixed response in one packet for each request that arrives whole."""
    while connection.recv(65536):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def request_cpu_microseconds(rounds: int) -> tuple[list[float], list[float]]:
    """CPU of one request, client and server together, without and with the recorder; one pair for each round.

    A round is off, on, on, off, so that a drift of the machine's speed weighs on both alike. Locust's own statistics
    are filled in both, as in every run.
    """
    server = StreamServer(("127.0.0.1", 0), _answer)
    server.start()
    environment = Environment(host=f"http://127.0.0.1:{server.server_port}")
    environment.create_local_runner()
    user = type("Visitor", (FastHttpUser,), {"host": environment.host})(environment)
    recorder, plain = Recorder(), FastHttpSession.request
    BegunRequests(recorder.on_cut_off).watch(FastHttpSession)
    watched = FastHttpSession.request
    listeners: Any = environment.events.request._handlers  # noqa: SLF001  # Locust can only append
    of_locust = listeners[:]
    recorder.on_recorded = taken_from_locust(environment.events.request)

    def batch() -> float:
        begin = time.process_time()
        for _ in range(_REQUESTS_PER_BATCH):
            user.client.get("/ok")
        recorder.settle()
        return (time.process_time() - begin) / _REQUESTS_PER_BATCH * 1e6

    def batch_without() -> float:
        FastHttpSession.request = plain  # type: ignore[method-assign]
        listeners[:] = of_locust
        return batch()

    def batch_with() -> float:
        FastHttpSession.request = watched  # type: ignore[method-assign]
        listeners[:] = [recorder.on_request]
        return batch()

    batch_without()
    without, having = [], []
    for _ in range(rounds):
        first, *both, last = batch_without(), batch_with(), batch_with(), batch_without()
        without.append((first + last) / 2)
        having.append(sum(both) / 2)
        gevent.sleep(0)
    server.stop()
    return without, having


def measure(rounds: int = 60) -> Table:
    """Return both figures."""
    iterations = _watched_iterations()
    parts = {
        "listener, one call": statistics.median(listener_nanoseconds() for _ in range(7)),
        "begin count, one request": statistics.median(begin_nanoseconds() for _ in range(7)),
        "iteration, one of them": statistics.median(iteration_nanoseconds(*iterations) for _ in range(7)),
    }
    folded = {
        f"listener, one call, {_KNOWN_IDS:,} ids": statistics.median(
            listener_nanoseconds(_KNOWN_IDS) for _ in range(7)
        ),
        "listener, one call, each with a new id": statistics.median(
            listener_nanoseconds(_FORGOTTEN_IDS) for _ in range(7)
        ),
    }
    without, having = request_cpu_microseconds(rounds)
    ratios = [on / off for off, on in zip(without, having, strict=True)]
    return Table(
        "What the recorder adds to a request",
        ".venv/bin/python -m benchmarks.recorder",
        ("figure", "median", "target"),
        (
            *((part, f"{nanoseconds:.0f} ns CPU", "") for part, nanoseconds in parts.items()),
            ("together, one request an iteration", f"{sum(parts.values()):.0f} ns CPU", "< 1500 ns"),
            *((part, f"{nanoseconds:.0f} ns CPU", "") for part, nanoseconds in folded.items()),
            ("FastHttpUser request, recorder off (client and server)", f"{statistics.median(without):.1f} µs CPU", ""),
            ("FastHttpUser request, recorder on (client and server)", f"{statistics.median(having):.1f} µs CPU", ""),
            ("on / off, pair by pair", f"{statistics.median(ratios):.3f}", "< 1.02"),
        ),
        f"{_NAMES} endpoints, medians of {rounds} rounds of off, on, on, off.",
    )


def tables() -> list[Table]:
    """Return what `python -m benchmarks` writes down."""
    return [measure()]


def main(rounds: Annotated[int, typer.Option(help="Rounds of four batches: off, on, on, off.")] = 60) -> None:
    """Measure and print both figures."""
    measure(rounds).print()


if __name__ == "__main__":
    typer.run(main)
