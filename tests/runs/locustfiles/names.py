"""Requests are called whatever comes to mind."""

from __future__ import annotations

from typing import Any

from locust import User, constant, task

from swarmscope import observe

observe()

NAMES: tuple[Any, ...] = (
    "/items/[id]",
    "/a/[/]b",
    "/a|b",
    "/x\x01y",
    "/c\x1b[31mred",
    "<script>alert(1)</script>",
    "/lone\ud800surrogate",
    "/[bold red]boo",
    "",
    None,
    12,
)


class Caller(User):
    wait_time = constant(0.3)

    @task
    def call(self) -> None:
        for name in NAMES:
            for exception in (None, "", False):
                self.environment.events.request.fire(
                    request_type="GET",
                    name=name,
                    response_time=900,
                    response_length=1,
                    response=None,
                    exception=exception,
                    context={},
                )
