"""A locustfile whose processes are slow to get ready: a worker's orders are there before its listeners are."""

from __future__ import annotations

from typing import Any

import gevent
import locust
from locust import FastHttpUser, constant, task
from locust.runners import WorkerRunner

from swarmscope import observe

READY_SECONDS = 1.5


@locust.events.init.add_listener  # type: ignore[untyped-decorator]
def connect_to_something(runner: Any, **_: Any) -> None:
    if isinstance(runner, WorkerRunner):
        gevent.sleep(READY_SECONDS)


observe()


class Shopper(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def ok(self) -> None:
        self.client.get("/ok")
