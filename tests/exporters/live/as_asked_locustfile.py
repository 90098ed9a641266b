"""Users who do what ``KIND`` names, so that a run is not, or only just, what was asked for."""

from __future__ import annotations

import os
from itertools import count
from typing import Any

import gevent
from locust import LoadTestShape, User, constant, events, task
from locust.exception import StopUser

from swarmscope import observe

observe()

KIND = os.environ.get("KIND", "")
#: When the users' own code stops the run, or some of them leave, in seconds after the first of them came.
AFTER_SECONDS = 2.5

_numbers = count()


class Worker(User):
    wait_time = constant(0.1)
    fixed_count = 3 if KIND == "fixed-count" else 0

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.number = next(_numbers)
        if KIND == "slow-spawn":
            gevent.sleep(1.5)  # such as a login that stands in __init__

    def on_start(self) -> None:
        if KIND == "leaving" and self.number % 2:
            raise StopUser
        if KIND in {"quit", "stop"} and self.number == 0:
            gevent.spawn_later(AFTER_SECONDS, getattr(self.environment.runner, KIND))

    @task
    def work(self) -> None:
        if KIND == "quit-in-task" and self.number == 0 and next(_numbers) > 100:
            self.environment.runner.quit()
        self.environment.events.request.fire(
            request_type="JOB", name="work", response_time=5, response_length=0, exception=None, context={}
        )


if KIND.startswith("shape"):

    class Steps(LoadTestShape):
        """As in Locust's manual."""

        def tick(self) -> tuple[int, float] | None:
            seconds: float = self.get_run_time()  # type: ignore[no-untyped-call]
            if KIND == "shape-ends" and seconds > 6:
                return None
            return (3, 3) if seconds < 3 else (6, 3)


def _quit_in_listener(**_: Any) -> None:
    if KIND == "quit-in-listener" and next(_numbers) == 200:
        gevent.spawn(_runner.quit)


_runner: Any = None


def _keep_runner(environment: Any, **_: Any) -> None:
    global _runner  # noqa: PLW0603
    _runner = environment.runner


events.request.add_listener(_quit_in_listener)
events.init.add_listener(_keep_runner)
