"""Closed users that keep a pace."""

from __future__ import annotations

from locust import FastHttpUser, constant_throughput, task


class Reader(FastHttpUser):
    wait_time = constant_throughput(4)

    @task
    def read(self) -> None:
        self.client.get("/items")
