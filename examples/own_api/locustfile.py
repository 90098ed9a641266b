"""What customers of the shop do."""

from random import randint

from locust import FastHttpUser, between, task


class Customer(FastHttpUser):
    wait_time = between(0.1, 0.5)

    @task(5)
    def look_around(self) -> None:
        self.client.get("/items")
        self.client.get(f"/items/{randint(1, 200)}", name="/items/{id}")  # a template, never an id

    @task(1)
    def buy(self) -> None:
        self.client.post("/orders", json={"item": randint(1, 200)})
