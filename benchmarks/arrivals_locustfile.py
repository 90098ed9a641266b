"""Users that wait for arrivals, of which each is one request; with BENCHMARK_EMPTY=1 it is none."""

from __future__ import annotations

import os

from locust import task

from lean_http import LeanHttpUser

_IS_EMPTY = os.environ.get("BENCHMARK_EMPTY") == "1"


class Visitor(LeanHttpUser):
    @task
    def visit(self) -> None:
        if not _IS_EMPTY:
            self.client.get("/")
