"""Users who read two pages."""

from __future__ import annotations

from locust import FastHttpUser, constant, task


class Reader(FastHttpUser):
    wait_time = constant(0.02)

    @task
    def front(self) -> None:
        self.client.get("/front")

    @task
    def back(self) -> None:
        self.client.get("/back")
