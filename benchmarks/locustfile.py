"""Users that make requests when they are told to; `benchmarks.generator` starts it, and tells them.

BENCHMARK_USER is fast or lean, BENCHMARK_OBSERVED 1 for users with the exporter, BENCHMARK_CONTROL the port that gives
the orders: a line with a number of requests, answered by a line with what they cost.
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser, constant, events, task  # isort: skip

import json
import os
import signal
import time
from typing import Any

import gevent
import psutil
from gevent import socket
from gevent.event import Event
from locust.env import Environment
from locust.runners import MasterRunner

from lean_http import LeanHttpUser
from swarmscope import Endpoint, observe

_ENDPOINTS = int(os.environ.get("BENCHMARK_ENDPOINTS", "60"))
_NAMES = [f"/api/area{number % 8}/thing{number}" for number in range(_ENDPOINTS)]
_IN_A_ROW = 10

if os.environ.get("BENCHMARK_OBSERVED") == "1":
    observe(Endpoint("GET", name) for name in _NAMES)


class Orders:
    """How many requests are still to be made, and to be answered."""

    def __init__(self) -> None:
        self._given = Event()
        self._done = Event()
        self._to_make = 0
        self._to_end = 0

    def take(self) -> None:
        """Wait until there are requests to make, and take a few of them."""
        while self._to_make <= 0:
            self._given.clear()
            self._given.wait()
        self._to_make -= _IN_A_ROW

    def ended(self) -> None:
        self._to_end -= _IN_A_ROW
        if self._to_end <= 0:
            self._done.set()

    def carry_out(self, requests: int) -> None:
        """Have the users make that many requests, and returns when the last one was answered."""
        self._done.clear()
        self._to_make = self._to_end = requests
        self._given.set()
        self._done.wait()


orders = Orders()


class Visitor(LeanHttpUser if os.environ.get("BENCHMARK_USER") == "lean" else FastHttpUser):  # type: ignore[misc]
    wait_time = constant(0)
    _visits = 0

    @task
    def visit(self) -> None:
        orders.take()
        for _ in range(_IN_A_ROW):
            self._visits += 1
            self.client.get(_NAMES[self._visits % _ENDPOINTS])
        orders.ended()


def _obey(environment: Environment) -> None:
    """Wait for all users, then follow the orders until the connection ends."""
    runner: Any = environment.runner
    users = int(os.environ["BENCHMARK_USERS"])
    while runner.user_count < users:
        gevent.sleep(0.05)
    control = socket.create_connection(("127.0.0.1", int(os.environ["BENCHMARK_CONTROL"])))
    lines = control.makefile("rw")
    print("ready", file=lines, flush=True)
    for line in lines:
        cpu, wall = time.process_time(), time.perf_counter()
        orders.carry_out(int(line))
        figures = {
            "cpu_seconds": time.process_time() - cpu,
            "wall_seconds": time.perf_counter() - wall,
            "memory_bytes": psutil.Process().memory_info().rss,
            "failures": environment.stats.total.num_failures,
        }
        print(json.dumps(figures), file=lines, flush=True)
    os.killpg(
        0, signal.SIGTERM
    )  # the process that gave the orders is gone; the group is that of this Locust and its workers


def _on_init(environment: Environment, **_: Any) -> None:
    if not isinstance(environment.runner, MasterRunner):
        gevent.spawn(_obey, environment)


events.init.add_listener(_on_init)
