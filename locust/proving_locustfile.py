# ruff: noqa: SLF001  # it breaks the exporter from within, which no public name is meant for
"""Causes that lie in the load generator: ``PROOF`` names one, which begins some seconds into the load.

Used by `swarmscope prove-alerts`. The users ask the reference API whether it lives, and nothing else.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from itertools import count
from typing import Any

_clock_ahead_seconds = 0.0
_true_time = time.time


def _time() -> float:
    return _true_time() + _clock_ahead_seconds


PROOF = os.environ.get("PROOF", "")
if PROOF == "clock":
    time.time = _time  # before the exporters are imported: they take the clock as a default

import gevent  # noqa: E402
import gevent.event  # noqa: E402
from locust import FastHttpUser, constant, events, task  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust.exception import StopUser  # noqa: E402
from locust.runners import MasterRunner, WorkerRunner  # noqa: E402

from swarmscope import Endpoint, observe  # noqa: E402
from swarmscope_exporter.plugin import Plugin  # noqa: E402,F401  # importing it attaches nothing
from swarmscope_exporter.server import ExporterServer  # noqa: E402
from swarmscope_exporter.worker import WorkerSide  # noqa: E402

#: When the cause begins, in seconds after the load: later than the ramp, and than the first evaluations.
DELAY_SECONDS = 8.0
HEALTH = "/health"
ADMIN_ONLY = "/api/admin/dashboard"

observe(endpoints=[Endpoint("GET", HEALTH), Endpoint("GET", ADMIN_ONLY), Endpoint("GET", "/never")])

_numbers = count()
_begun = False


class Prober(FastHttpUser):
    """Asks for the health, and does what the proof needs."""

    wait_time = constant(0.1)

    @task
    def ask(self) -> None:
        if _begun and PROOF == "leaving-users" and next(_numbers) % 2:
            raise StopUser
        if _begun and PROOF == "burning":
            _burn(0.6)
        if _begun and PROOF == "silent-users" and next(_numbers) % 2:
            gevent.event.Event().wait()
        path = ADMIN_ONLY if PROOF == "no-token" else HEALTH
        name = f"/health/{_word(next(_numbers))}" if _begun and PROOF == "names" else path
        with self.client.get(path, name=name, catch_response=True) as response:
            response.success()  # what is expected here is judged by the alerts
        if _begun and PROOF == "raising-tasks" and next(_numbers) % 2:
            raise LookupError("what a task raises")
        if _begun and PROOF == "slow-thousands":
            for _ in range(20):
                self.environment.events.request.fire(
                    request_type="GET", name=HEALTH, response_time=2000, response_length=0, exception=None, context={}
                )
        if _begun and PROOF == "broken-event":
            self.environment.events.request.fire(
                request_type="GET", name=HEALTH, response_time="late", response_length=0, exception=None, context={}
            )


def _word(number: int) -> str:
    """Return a name that does not look like an id."""
    return "-".join("abcdefghij"[int(digit)] for digit in str(number))


def _burn(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def _skew() -> None:
    global _clock_ahead_seconds  # noqa: PLW0603
    _clock_ahead_seconds = 30.0


def _of_type(kind: type[Any]) -> list[Any]:
    gc.unfreeze()  # the exporter hides what was there at the start from the collector, and so from us
    return [thing for thing in gc.get_objects() if type(thing) is kind]


def _stop_answering() -> None:
    for server in _of_type(ExporterServer):
        answer, server._app = server._app, lambda *_: gevent.sleep(5) or []
        gevent.spawn_later(7, setattr, server, "_app", answer)


def _restart_exporter(environment: Environment) -> None:
    environment.loadtest_run.start_timestamp_seconds += 3.0  # type: ignore[attr-defined]


def _mute(environment: Environment) -> None:
    """As a worker whose locustfile does not call observe()."""
    for side in _of_type(WorkerSide):
        environment.events.report_to_master.remove_listener(side._on_report_to_master)
        environment.events.test_stop.remove_listener(side._on_test_stop)


def _begin() -> None:
    global _begun  # noqa: PLW0603
    _begun = True


def _causes(environment: Environment) -> dict[str, Callable[[], None]]:
    """Return what happens on the master, by the proof's name."""
    return {
        "clock": _skew,
        "silent-exporter": _stop_answering,
        "restarted-exporter": lambda: _restart_exporter(environment),
    }


def _on_init(environment: Environment, **_: Any) -> None:
    runner = environment.runner
    if PROOF == "mute-worker" and isinstance(runner, WorkerRunner):
        gevent.spawn_later(0.5, _mute_second, environment)


def _mute_second(environment: Environment) -> None:
    while getattr(environment.runner, "worker_index", -1) < 0:
        gevent.sleep(0.1)
    if environment.runner.worker_index == 1:  # type: ignore[union-attr]
        _mute(environment)


def _on_test_start(environment: Environment, **_: Any) -> None:
    begin = _causes(environment).get(PROOF) if isinstance(environment.runner, MasterRunner) else _begin
    if begin is not None:
        gevent.spawn_later(DELAY_SECONDS, begin)


events.init.add_listener(_on_init)
events.test_start.add_listener(_on_test_start)
