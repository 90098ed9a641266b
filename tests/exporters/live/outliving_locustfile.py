"""Tasks that leave a request behind, which ends five seconds later: at the stop in nobody's task any more."""

from __future__ import annotations

import gevent
from locust import FastHttpUser, constant, task

from swarmscope import observe

SECONDS = 5.0

observe()


class Shopper(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def order(self) -> None:
        self.client.get("/ok")
        gevent.spawn_later(SECONDS, self.client.get, "/later")
