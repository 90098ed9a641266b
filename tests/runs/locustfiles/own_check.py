"""Users in which nothing is wrong, and a check of the locustfile's own that fails all the same."""

from __future__ import annotations

from typing import Any

from locust import FastHttpUser, constant, events, task

from swarmscope import observe

observe()


def judge(environment: Any, **_: Any) -> None:
    environment.process_exit_code = 7


events.quitting.add_listener(judge)


class Visitor(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def look(self) -> None:
        self.client.get("/ok")
