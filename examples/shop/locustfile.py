"""Visitors look around, customers sign in and buy, a clerk watches the orders."""

from random import randint

from locust import HttpUser, between, tag, task


class Visitor(HttpUser):
    weight = 3
    wait_time = between(0.1, 0.5)

    @tag("browse")
    @task(3)
    def items(self) -> None:
        self.client.get("/items")

    @tag("browse")
    @task
    def item(self) -> None:
        self.client.get(f"/items/{randint(1, 50)}", name="/items/{id}")


class Customer(HttpUser):
    weight = 2
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        answer = self.client.post("/login", json={"user": "ann", "password": "secret"})
        self.client.headers["Authorization"] = answer.json()["token"]

    def on_stop(self) -> None:
        self.client.post("/logout")

    @tag("browse")
    @task(2)
    def items(self) -> None:
        self.client.get("/items")

    @tag("buy")
    @task
    def buy(self) -> None:
        self.client.post("/cart", json={"item": randint(1, 50)})
        with self.client.post("/checkout", catch_response=True) as answer:
            if answer.json()["state"] != "ordered":
                answer.failure("the order was not taken")


class Clerk(HttpUser):
    fixed_count = 1
    wait_time = between(0.5, 1)

    @tag("office")
    @task
    def newest_order(self) -> None:
        with self.client.get("/orders/newest", catch_response=True) as answer:
            if answer.status_code == 404:
                answer.success()  # the first customer is still choosing
