"""People who search: two at first, then six, then three. A real test has longer stages."""

from random import choice
from typing import ClassVar

from locust import HttpUser, LoadTestShape, between, task


class Searcher(HttpUser):
    wait_time = between(0.1, 0.4)

    @task
    def search(self) -> None:
        self.client.get("/search", params={"q": choice(["locust", "swarm", "scope"])}, name="/search")


class Stages(LoadTestShape):
    stages: ClassVar = [
        {"until": 4, "users": 2, "spawn_rate": 2},
        {"until": 10, "users": 6, "spawn_rate": 4},
        {"until": 14, "users": 3, "spawn_rate": 3},
    ]

    def tick(self) -> tuple[int, float] | None:
        for stage in self.stages:
            if self.get_run_time() < stage["until"]:
                return stage["users"], stage["spawn_rate"]
        return None
