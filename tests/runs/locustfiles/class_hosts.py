"""Each user class has a host of its own."""

from __future__ import annotations

import os

from locust import FastHttpUser, HttpUser, constant, task

from swarmscope import observe

observe()


class Fast(FastHttpUser):
    fixed_count = 1
    host = os.environ["FIRST_HOST"]
    wait_time = constant(0.2)

    @task
    def read(self) -> None:
        self.client.get("/fast")


class Slow(HttpUser):
    fixed_count = 1
    host = os.environ["SECOND_HOST"]
    wait_time = constant(0.2)

    @task
    def read(self) -> None:
        self.client.get("/slow")
