"""What all customers can do."""

from locust import HttpUser, between

from .sign_in import token_for


class Customer(HttpUser):
    abstract = True
    wait_time = between(0.1, 0.5)

    def on_start(self) -> None:
        self.tenant = self.environment.parsed_options.tenant
        self.client.headers["Authorization"] = token_for(self.client, self.tenant)

    def browse(self) -> None:
        self.client.get(f"/{self.tenant}/items", name="/{tenant}/items")

    def buy(self) -> None:
        self.client.post(f"/{self.tenant}/orders", json={"item": 7}, name="/{tenant}/orders")
