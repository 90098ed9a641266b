"""Users whose login fails each time, a handful of requests among hundreds that are answered."""

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    wait_time = constant(0.1)

    def on_start(self) -> None:
        self.client.get("/broken/login")

    @task
    def look(self) -> None:
        self.client.get("/items")
