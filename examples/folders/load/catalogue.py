"""Customers of the catalogue; paths, test data and the format of an export come from the API's own folders."""

from random import choice

from locust import FastHttpUser, between, task

from api.routes import EXPORT, ITEM
from exporters.as_csv import HEADER
from scripts.seed import ITEM_IDS


class Customer(FastHttpUser):
    wait_time = between(0.1, 0.5)

    @task(5)
    def item(self) -> None:
        self.client.get(ITEM.format(id=choice(ITEM_IDS)), name=ITEM)

    @task
    def export(self) -> None:
        with self.client.get(EXPORT, catch_response=True) as answer:
            if not (answer.text or "").startswith(HEADER):
                answer.failure("not a list of items")
