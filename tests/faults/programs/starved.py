"""Users who compute, of whom fewer run than were asked for, and who end the run before its time."""

from __future__ import annotations

import time

import gevent
from locust import FastHttpUser, constant, task

from swarmscope import observe

observe()

AFTER_SECONDS = 20.0


class Computing(FastHttpUser):
    wait_time = constant(0)
    fixed_count = 5

    def on_start(self) -> None:
        gevent.spawn_later(AFTER_SECONDS, self.environment.runner.quit)

    @task
    def look(self) -> None:
        self.client.get("/items")
        end = time.perf_counter() + 0.1
        while time.perf_counter() < end:
            pass
