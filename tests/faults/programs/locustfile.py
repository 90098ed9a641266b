"""Users of the target of these tests, and faults inside Locust's own processes.

``FAULT`` names one; it strikes when the file named by ``FAULT_TRIGGER`` appears.
"""

from __future__ import annotations

import gc
import os
import socket
import time
from pathlib import Path
from typing import Any

from locust import FastHttpUser, constant, events, task

FAULT, _, ARGUMENT = os.environ.get("FAULT", "").partition(":")
TRIGGER = Path(os.environ.get("FAULT_TRIGGER", "/nonexistent"))

_clock_ahead_seconds = 0.0
_real_time = time.time


def _time() -> float:
    return _real_time() + _clock_ahead_seconds


if FAULT == "clock":
    time.time = _time  # before the exporters are imported: they take the clock as a default

import gevent  # noqa: E402
import gevent.socket  # noqa: E402
from locust.env import Environment  # noqa: E402
from locust.runners import MasterRunner  # noqa: E402

from swarmscope import Endpoint, observe  # noqa: E402
from swarmscope_exporter.server import ExporterServer  # noqa: E402

observe(endpoints=[Endpoint("GET", "/items"), Endpoint("GET", "/never")])


class Visitor(FastHttpUser):
    wait_time = constant(0.1)
    connection_timeout = network_timeout = 60.0

    @task
    def look(self) -> None:
        with self.client.get("/items", catch_response=True) as response:
            if response.status_code == 200 and not (response.content or b"").startswith(b'{"items"'):
                response.failure("no items in the answer")


def _raise(**_: Any) -> None:
    raise RuntimeError("a listener of the locustfile is broken")


def _never(*_: Any) -> Any:
    gevent.sleep(3600)


def _no_name(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def _strike(environment: Environment) -> None:
    global _clock_ahead_seconds  # noqa: PLW0603
    is_master = isinstance(environment.runner, MasterRunner)
    if FAULT == "listener":
        environment.events.request.add_listener(_raise)
    elif FAULT == "clock":
        _clock_ahead_seconds = float(ARGUMENT) if is_master else 0.0
    elif FAULT == "exporter" and is_master:
        for server in [thing for thing in gc.get_objects() if isinstance(thing, ExporterServer)]:
            server._app = _never  # connections are kept alive: a closed port alone would go unnoticed
    elif FAULT == "dns":
        gevent.socket.getaddrinfo = socket.getaddrinfo = _no_name


def _watch(environment: Environment) -> None:
    while not TRIGGER.exists():
        gevent.sleep(0.1)
    _strike(environment)


def _on_init(environment: Environment, **_: Any) -> None:
    if FAULT:
        gevent.spawn(_watch, environment)


events.init.add_listener(_on_init)
