"""A locustfile whose tasks raise, and whose exit code says so once its users are stopped."""

from __future__ import annotations

from typing import Any, ClassVar

from locust import FastHttpUser, constant, events, task

from swarmscope import observe

observe()


def judge(environment: Any, **_: Any) -> None:
    if Buyer.has_bought:
        environment.process_exit_code = 3


events.test_stop.add_listener(judge)


class Buyer(FastHttpUser):
    wait_time = constant(0.05)
    basket: ClassVar[dict[str, int]] = {}
    has_bought: ClassVar[bool] = False

    @task
    def buy(self) -> None:
        self.client.get("/ok")
        Buyer.has_bought = True
        self.basket["book"]
