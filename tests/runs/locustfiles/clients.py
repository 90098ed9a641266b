"""Users of every HTTP client, who are redirected, and of a client that knows no HTTP status."""

from __future__ import annotations

import time

from locust import FastHttpUser, HttpUser, User, constant, task

from lean_http import LeanHttpUser
from swarmscope import observe

observe()


class Reader(HttpUser):
    fixed_count = 1
    wait_time = constant(0.2)

    @task
    def read(self) -> None:
        self.client.get("/moved")


class FastReader(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.2)

    @task
    def read(self) -> None:
        self.client.get("/moved")


class LeanReader(LeanHttpUser):
    fixed_count = 1
    wait_time = constant(0.2)

    @task
    def read(self) -> None:
        self.client.get("/moved")


class Caller(User):
    fixed_count = 1
    wait_time = constant(0.2)

    @task
    def call(self) -> None:
        begun = time.perf_counter()
        time.sleep(0.01)
        self.environment.events.request.fire(
            request_type="grpc",
            name="/Greeter/SayHello",
            response_time=(time.perf_counter() - begun) * 1000,
            response_length=2,
            response={"text": "hi"},
            exception=None,
            context={},
        )
