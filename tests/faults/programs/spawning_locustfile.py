"""Users whose tasks do not wait for the requests that they spawn."""

from __future__ import annotations

import gevent
from locust import FastHttpUser, constant, task


class Reader(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def read(self) -> None:
        gevent.spawn(self.client.get, "/items")
