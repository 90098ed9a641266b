"""A locustfile whose tasks raise, and say by the exit code that this must not be."""

from __future__ import annotations

from typing import ClassVar

from locust import FastHttpUser, constant, task

from exporters import observe

observe()


class Buyer(FastHttpUser):
    wait_time = constant(0.05)
    basket: ClassVar[dict[str, int]] = {}

    @task
    def buy(self) -> None:
        self.client.get("/ok")
        self.environment.process_exit_code = 3
        self.basket["book"]
