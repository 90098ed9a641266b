"""Users that call every answer a success, and every request without one as well."""

from __future__ import annotations

from locust import FastHttpUser, HttpUser, between

from lean_http import LeanHttpUser
from swarmscope import observe

observe()


def accept(user: FastHttpUser | HttpUser | LeanHttpUser) -> None:
    with user.client.get("/items", catch_response=True) as response:
        response.success()


class Fast(FastHttpUser):
    wait_time = between(0.1, 0.3)
    tasks = [accept]  # noqa: RUF012


class Plain(HttpUser):
    wait_time = between(0.1, 0.3)
    tasks = [accept]  # noqa: RUF012


class Lean(LeanHttpUser):
    wait_time = between(0.1, 0.3)
    tasks = [accept]  # noqa: RUF012
