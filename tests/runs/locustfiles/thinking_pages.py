"""Users whose task has a pause in it, which is not the server's."""

from __future__ import annotations

import random
import time

from locust import FastHttpUser, task


class Shopper(FastHttpUser):
    @task
    def shop(self) -> None:
        self.client.get("/products")
        time.sleep(random.uniform(1, 3))
        self.client.get("/product/7")
