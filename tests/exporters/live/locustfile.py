"""A locustfile as a user would write it, for the tests that run real Locust processes."""

from __future__ import annotations

from locust import FastHttpUser, constant, task
from prometheus_client import Counter, Gauge

from exporters import Endpoint, ValidationFailure, observe

observe(endpoints=[Endpoint("GET", "/ok", "pages"), Endpoint("GET", "/never-called", "pages")])

ORDERS = Counter("shop_orders", "Orders placed.", ["kind"])
BASKET = Gauge("shop_basket_max", "Largest basket.", multiprocess_mode="max")


class Shopper(FastHttpUser):
    wait_time = constant(0.05)

    @task(6)
    def ok(self) -> None:
        self.client.get("/ok")
        ORDERS.labels("book").inc(2)
        BASKET.set(7)

    @task(2)
    def limited(self) -> None:
        with self.client.get("/limited", catch_response=True) as response:
            response.success()

    @task(1)
    def broken(self) -> None:
        self.client.get("/broken")

    @task(1)
    def wrong_body(self) -> None:
        with self.client.get("/ok?wrong=1", name="/wrong", catch_response=True) as response:
            response.failure(ValidationFailure("not what was asked for"))
