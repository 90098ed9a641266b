"""Customers with names and addresses, which the package Faker makes up."""

from faker import Faker
from locust import FastHttpUser, between, task

fake = Faker()


class Customer(FastHttpUser):
    wait_time = between(0.1, 0.5)

    @task(4)
    def items(self) -> None:
        self.client.get("/items")

    @task
    def order(self) -> None:
        customer = {"name": fake.name(), "address": fake.address()}
        self.client.post("/orders", json={"item": 1, "customer": customer})
