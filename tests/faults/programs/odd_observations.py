"""Requests that are timed as no request can be, in seconds, and metrics that are called like the exporter's."""

from __future__ import annotations

import math
import time
from datetime import timedelta
from typing import Any

import gevent
from locust import FastHttpUser, User, constant, events, task
from prometheus_client import Gauge

from swarmscope import observe

observe()

IMPOSSIBLE: tuple[Any, ...] = (-5.0, -1, math.nan, math.inf, "12", True, timedelta(milliseconds=3), [7.0])
_late_metrics: list[Gauge] = []


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def make_a_metric(**_: Any) -> None:
    """When the locustfile was looked at, before the run, there was none."""
    if not _late_metrics:
        _late_metrics.append(Gauge("loadtest_rate_limited_total", "Not the exporter's."))


class Shopper(FastHttpUser):
    wait_time = constant(0.2)

    @task
    def items(self) -> None:
        self.client.get("/items")

    @task
    def odd(self) -> None:
        for number, response_time in enumerate((*IMPOSSIBLE, None)):
            self.environment.events.request.fire(
                request_type="ODD", name=f"odd {number}", response_time=response_time, response_length=0
            )


class InSeconds(User):
    wait_time = constant(0.2)

    @task
    def call(self) -> None:
        for request_type, kwargs in (("GET", {"start_time": time.time()}), ("GRPC", {})):
            started = time.time()
            gevent.sleep(0.01)
            self.environment.events.request.fire(
                request_type=request_type,
                name="in seconds",
                response_time=time.time() - started,
                response_length=0,
                **kwargs,
            )
