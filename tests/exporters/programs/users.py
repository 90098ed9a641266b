"""Users of many kinds, each with a class of its own, under a real Locust runner: prints what was seen of them as JSON.

First is what a worker reports while they run, second what it reports when they have been stopped.
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser, TaskSet, User, constant, task  # isort: skip
from locust.contrib.fasthttp import FastHttpSession, ResponseContextManager  # isort: skip
from locust.env import Environment  # isort: skip
from locust.exception import RescheduleTask, StopUser  # isort: skip

import contextlib
import json
import logging
import socket
import sys
import time
from argparse import Namespace
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from swarmscope_exporter.custom import CustomMetrics
from swarmscope_exporter.health import GeneratorHealth
from swarmscope_exporter.inflight import stop_between_tasks
from swarmscope_exporter.overhead import OwnCost
from swarmscope_exporter.unhandled_exceptions import UnhandledExceptions
from swarmscope_exporter.worker import WorkerSide

SILENT_SECONDS, RUN_SECONDS = 1.5, 4.0
silent_server = socket.create_server(("127.0.0.1", 0))


def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/hang":
        gevent.sleep(60)
    start_response("500 Oh" if environ["PATH_INFO"] == "/broken" else "200 OK", [("Content-Length", "2")])
    return [b"ok"]


def fire(user: User) -> None:
    user.environment.events.request.fire(
        request_type="own", name="message", response_time=1, response_length=0, exception=None, context={}
    )


class Visitor(FastHttpUser):
    abstract = True
    wait_time = constant(0.2)


class Healthy(Visitor):
    @task
    def ask(self) -> None:
        self.client.get("/ok")


class Raising(Visitor):
    @task
    def ask(self) -> None:
        self.client.get("/ok")
        raise KeyError("id")


class AfterFailure(Visitor):
    @task
    def ask(self) -> None:
        with self.client.get("/broken", catch_response=True) as response:
            pass
        response.json()["id"]


class AfterFailureInItsPool(Visitor):
    @task
    def ask(self) -> None:
        gevent.spawn(self.client.get, "/broken").join()
        raise KeyError("id")


class RaisingInItsPool(Visitor):
    """Four at a time, each of which raises; the task waits for them and goes on."""

    @task
    def ask(self) -> None:
        pool = Pool(4)
        for _ in range(4):
            pool.spawn(self.check)
        pool.join()

    def check(self) -> None:
        self.client.get("/ok")
        raise ValueError("wrong")


class RaisedAgain(Visitor):
    """What its greenlet raises ends its task as well: that is one exception."""

    @task
    def ask(self) -> None:
        gevent.spawn(self.check).get()

    def check(self) -> None:
        raise ValueError("wrong")


class HandlingWhatItSpawned(Visitor):
    @task
    def ask(self) -> None:
        with contextlib.suppress(ValueError):
            gevent.spawn(self.check).get()
        with contextlib.suppress(ValueError):
            gevent.joinall([gevent.spawn(self.check)], raise_error=True)
        late = gevent.spawn(self.check)
        self.client.get("/ok")
        with contextlib.suppress(ValueError):
            late.get()

    def check(self) -> None:
        raise ValueError("wrong")


class HandlingWhatItsPoolRaises(Visitor):
    """It can: the first of them alone."""

    @task
    def ask(self) -> None:
        with contextlib.suppress(ValueError):
            Pool(2).map(self.check, [1, 2])

    def check(self, number: int) -> None:
        raise ValueError(number)


class FailingBefore(Visitor):
    """The failed request and the exception are of two iterations."""

    _count = 0

    @task
    def ask(self) -> None:
        self._count += 1
        if self._count % 2:
            self.client.get("/broken")
        else:
            raise KeyError("id")


class OnStart(Visitor):
    def on_start(self) -> None:
        raise RuntimeError("no login")


class OnStop(Healthy):
    def on_stop(self) -> None:
        raise RuntimeError("no logout")


class Steps(TaskSet):
    @task
    def leave(self) -> None:
        self.interrupt(reschedule=False)  # type: ignore[no-untyped-call]

    def on_stop(self) -> None:
        raise RuntimeError("no end")


class OnStopOfSteps(Visitor):
    tasks = [Steps]  # noqa: RUF012


class Waiting(Healthy):
    def wait_time(self) -> float:
        raise ValueError("no time")


class Empty(TaskSet):
    pass


class WithoutTasks(Visitor):
    tasks = [Empty]  # noqa: RUF012


class InnerSteps(TaskSet):
    def on_start(self) -> None:
        raise RuntimeError("no beginning")

    @task
    def nothing(self) -> None:
        pass


class OnStartOfSteps(Visitor):
    tasks = [InnerSteps]  # noqa: RUF012


class TimedOut(Visitor):
    @task
    def ask(self) -> None:
        raise gevent.Timeout(1)


class Journey(TaskSet):
    _count = 0

    @task
    def step(self) -> None:
        self.client.get("/ok")
        self._count += 1
        if self._count % 2:
            raise RescheduleTask
        self.interrupt(reschedule=False)  # type: ignore[no-untyped-call]


class Journeys(Visitor):
    """Hands control back in every way that Locust knows."""

    tasks = [Journey]  # noqa: RUF012


class Leaving(Visitor):
    @task
    def ask(self) -> None:
        self.client.get("/ok")
        raise StopUser


class Sleeping(User):
    wait_time = constant(0.2)

    @task
    def rest(self) -> None:
        time.sleep(600)


class Pausing(User):
    wait_time = constant(600)

    @task
    def rest(self) -> None:
        pass


class Hanging(User):
    wait_time = constant(0.2)

    @task
    def ask(self) -> None:
        with socket.create_connection(silent_server.getsockname()) as connection:
            connection.recv(1)


class HangingOnStart(Hanging):
    def on_start(self) -> None:
        self.ask()


class SleepingOnStart(Sleeping):
    def on_start(self) -> None:
        while True:
            time.sleep(0.1)


class Listening(User):
    """Its task never ends, and what it hears is recorded."""

    def on_start(self) -> None:
        self.heard = Event()
        gevent.spawn(self.speak)

    def speak(self) -> None:
        while True:
            gevent.sleep(0.1)
            self.heard.set()

    @task
    def listen(self) -> None:
        while True:
            self.heard.wait()
            self.heard.clear()
            fire(self)


class Unheard(User):
    """Works without an end, and nothing of it is recorded."""

    wait_time = constant(0)

    @task
    def ask(self) -> None:
        heard = Event()
        gevent.spawn_later(0.1, heard.set)
        heard.wait()


class Interrupted(Visitor):
    """What it asks for ends its task in a listener of the locustfile."""

    @task
    def ask(self) -> None:
        self.client.get("/interrupted")


def interrupt(name: str, **_: Any) -> None:
    if name == "/interrupted":
        raise RescheduleTask


class Slow(Visitor):
    @task
    def ask(self) -> None:
        self.client.get("/hang")


def kinds_of(base: type[User]) -> tuple[type[User], ...]:
    below = [kind for kind in base.__subclasses__() if kind.__module__ == __name__]
    return (*(kind for kind in below if not kind.abstract), *(found for kind in below for found in kinds_of(kind)))


KINDS = (*kinds_of(User), *kinds_of(FastHttpUser))


def seen(side: WorkerSide) -> dict[str, Any]:
    wire = side.snapshot().to_wire()
    return {
        name: wire[name]
        for name in ("iterations", "task_exceptions", "tracebacks", "users_cut_off", "users_silent", "without_event")
    } | {"cut_off": wire["cut_off"]}


def main(catch_exceptions: bool) -> None:
    logging.disable(logging.CRITICAL)
    server = WSGIServer(("127.0.0.1", 0), answer, log=None, error_log=None)
    server.start()
    options = Namespace(loadtest_run_id="run", loadtest_silent_seconds=SILENT_SECONDS)
    environment = Environment(
        user_classes=list(KINDS),
        host=f"http://127.0.0.1:{server.server_port}",
        stop_timeout=1.5,
        parsed_options=options,
        catch_exceptions=catch_exceptions,
    )
    for kind in KINDS:
        kind.host, kind.fixed_count = environment.host, 1
    environment.events.request.add_listener(interrupt)  # as on import of a locustfile
    runner = environment.create_local_runner()
    side = WorkerSide(environment, CustomMetrics(), GeneratorHealth(), UnhandledExceptions(), OwnCost())
    stop_between_tasks()
    side.users.accounted_for.add(side.requests.watch(FastHttpSession))
    side.requests.watch_blocks(ResponseContextManager)
    side.attach()
    runner.start(len(KINDS), spawn_rate=100)
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        gevent.sleep(0.5)
        side.snapshot()
    running = seen(side)
    runner.stop()
    counted = {"recorded": side.recorder.count, "locust": runner.stats.total.num_requests}
    interrupted = sum(cell.count for key, cell in side.recorder.cells.items() if key.name == "/interrupted")
    print(json.dumps([running, seen(side) | counted | {"interrupted": interrupted}]))


if __name__ == "__main__":
    main(catch_exceptions=sys.argv[1:] != ["not caught"])
