"""Prints how many requests were begun, answered and cut off when users without a pause are stopped: a program."""

from __future__ import annotations

import json
import sys
from typing import Any

import gevent
from locust import User, constant, task
from locust.env import Environment

from swarmscope_exporter.inflight import stop_between_tasks
from swarmscope_exporter.requests_begun import BegunRequests

USERS = 50
counts = {"begun": 0, "answered": 0, "cut off": 0}


class Session:
    """Answers after one turn of the event loop: then about half of the users are between two tasks at any time."""

    def request(self, *_: object) -> None:
        counts["begun"] += 1
        gevent.sleep(0)
        counts["answered"] += 1


class Hasty(User):
    wait_time = constant(0)
    stopped = 0

    @task
    def ask(self) -> None:
        Session().request("GET", "/")

    def on_stop(self) -> None:
        Session().request("GET", "/")  # such as a log-out
        Hasty.stopped += 1


class Resting(User):
    """Sleeps far longer than a stop may take, so it has to be woken up."""

    wait_time = constant(600)
    stopped = 0

    @task
    def ask(self) -> None:
        Session().request("GET", "/")

    def on_stop(self) -> None:
        Resting.stopped += 1


def count_one() -> None:
    counts["cut off"] += 1


def main(with_fix: str) -> None:
    BegunRequests(count_one).watch(Session)
    if with_fix == "fixed":
        stop_between_tasks()
    environment: Any = Environment(user_classes=[Hasty, Resting], stop_timeout=10)
    runner = environment.create_local_runner()
    runner.start(USERS, spawn_rate=USERS)
    with gevent.Timeout(20):
        while counts["answered"] < 20 * USERS:
            gevent.sleep(0.01)
        runner.stop()
    print(json.dumps({**counts, "with_timeout stopped": Hasty.stopped, "resting stopped": Resting.stopped}))


main(sys.argv[1])
