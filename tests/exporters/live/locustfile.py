"""A locustfile as a user would write it, for the tests that run real Locust processes."""

from __future__ import annotations

from typing import Any

from locust import FastHttpUser, constant, events, task
from prometheus_client import Counter, Gauge

from swarmscope import Endpoint, ValidationFailure, observe

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


def _list_routes(web_ui: Any, **_: Any) -> None:
    """Add a route of the locustfile's own, before the plugin has seen the web interface."""
    if web_ui is not None:

        def routes() -> list[tuple[str, list[str]]]:
            return [(rule.rule, sorted(rule.methods)) for rule in web_ui.app.url_map.iter_rules()]

        web_ui.app.add_url_rule("/routes", "routes", routes, methods=["GET", "POST"])


events.init.add_listener(_list_routes)
