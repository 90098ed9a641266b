"""Users that call every answer a success, and every request without one as well."""

from locust import FastHttpUser, HttpUser, between, task

from exporters import observe
from lean_http import LeanHttpUser

observe()


class Accepting:
    wait_time = between(0.1, 0.3)

    @task
    def accept(self) -> None:
        with self.client.get("/items", catch_response=True) as response:  # type: ignore[attr-defined]
            response.success()


class Fast(Accepting, FastHttpUser): ...


class Plain(Accepting, HttpUser): ...


class Lean(Accepting, LeanHttpUser): ...
