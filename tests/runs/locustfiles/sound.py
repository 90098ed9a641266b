"""Users in which nothing is wrong, however it looks."""

from __future__ import annotations

import time
from typing import Any

from locust import FastHttpUser, TaskSet, User, constant, events, task
from locust.exception import RescheduleTask

from swarmscope import observe

observe()


def end_task(name: str, **_: Any) -> None:
    if name == "/again":
        raise RescheduleTask


events.request.add_listener(end_task)


class Explained(FastHttpUser):
    """Fails once, within what is allowed, and then reads what is not there."""

    fixed_count = 1
    wait_time = constant(0.1)
    _has_failed = False

    @task
    def look(self) -> None:
        with self.client.get("/checked", catch_response=True) as response:
            if not self._has_failed:
                self._has_failed = True
                response.failure("wrong")
                raise KeyError("id")


class Ended(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.1)

    @task
    def look(self) -> None:
        self.client.get("/again")


class Steps(TaskSet):
    @task
    def look(self) -> None:
        self.client.get("/ok")
        self.interrupt(reschedule=False)  # type: ignore[no-untyped-call]


class Journeys(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.1)
    tasks = [Steps]  # noqa: RUF012


class Sleeping(User):
    """Half of all users."""

    fixed_count = 3

    @task
    def rest(self) -> None:
        time.sleep(600)
