"""Prints as JSON what becomes of arrivals under a real Locust runner; the first argument names the case."""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import SequentialTaskSet, User, between, constant, task  # isort: skip
from locust.env import Environment  # isort: skip

import json
import sys
from collections import Counter
from types import SimpleNamespace
from typing import Any

import gevent

from swarmscope.locust_plugin.arrival_order import LOCAL, OPTION, ArrivalOrder
from swarmscope.locust_plugin.arrivals import ArrivalsOfProcess
from swarmscope.scenarios.arrivals import Draw, Leg, Schedule
from swarmscope_exporter.inflight import stop_between_tasks
from swarmscope_exporter.intended_starts import IntendedStarts

done: Counter[str] = Counter()
told: list[str] = []


class Quick(User):
    wait_time = constant(1000)

    @task(3)
    def often(self) -> None:
        done["often"] += 1

    @task
    def seldom(self) -> None:
        gevent.sleep(0.001)
        done["seldom"] += 1


class Slow(User):
    @task
    def work(self) -> None:
        done["slow"] += 1
        gevent.sleep(0.2)


class Hanging(User):
    @task
    def hang(self) -> None:
        gevent.sleep(1000)


class Raising(User):
    @task
    def fail(self) -> None:
        done["raised"] += 1
        raise KeyError("x")


class Steps(SequentialTaskSet):
    wait_time = constant(1000)

    @task
    def one(self) -> None:
        told.append("one")

    @task
    def two(self) -> None:
        told.append("two")

    @task
    def last(self) -> None:
        told.append("last")
        self.interrupt()  # type: ignore[no-untyped-call]


class Nested(User):
    tasks = [Steps]  # noqa: RUF012  # as locustfiles are written


class Pausing(User):
    wait_time = between(0.2, 0.2)

    @task
    def pause_within(self) -> None:
        self.wait()  # type: ignore[no-untyped-call]
        done["paused"] += 1


class Queued(User):
    def on_start(self) -> None:
        task_set: Any = self._taskset_instance
        task_set.schedule_task(Queued.first)

    def first(self) -> None:
        told.append("first")

    @task
    def then(self) -> None:
        told.append("then")


class Watching(User):
    fixed_count = 2
    wait_time = constant(0.5)

    @task
    def watch(self) -> None:
        done["watched"] += 1


def run(
    classes: list[Any], users: int, rate: float, seconds: float, max_wait: float = 10.0, stop_timeout: float = 0.0
) -> dict[str, Any]:
    """Run them on one process, and return the books after the stop."""
    environment = Environment(user_classes=classes, stop_timeout=stop_timeout)
    runner: Any = environment.create_local_runner()
    starts = IntendedStarts()
    schedule = Schedule((Leg(seconds, rate, rate),), "constant")
    weights = {each.__name__: float(each.weight) for each in classes if not each.fixed_count}
    order = ArrivalOrder(schedule, weights, (LOCAL,), max_wait)
    environment.parsed_options = SimpleNamespace(**{OPTION: order.to_text()})
    stop_between_tasks()
    process = ArrivalsOfProcess(environment, starts)
    process.attach()
    runner.start(users, spawn_rate=users)
    gevent.sleep(seconds + 0.1)
    runner.stop()
    starts.close()
    assert starts.read_arrivals is not None
    draw = Draw(weights)
    drawn = Counter(draw(arrival.choice)[0] for arrival in schedule)
    return {
        **starts.read_arrivals()._asdict(),
        "lateness": starts.lateness.count,
        "unserved": starts.unserved.count,
        "unserved_ms": starts.unserved.sum_ms,
        "done": done,
        "told": told,
        "drawn": drawn,
        "users_left": runner.user_count,
    }


CASES: dict[str, Any] = {
    "quick": lambda: run([Quick], 20, 500, 2.0),
    "burst": lambda: run([Quick], 20, 20_000, 1.0),
    "mix": lambda: run([Quick, Slow], 40, 100, 2.0),
    "hang": lambda: run([Hanging], 5, 100, 1.0, max_wait=0.3),
    "raise": lambda: run([Raising], 5, 100, 1.0),
    "nested": lambda: run([Nested], 1, 50, 1.0),
    "pause": lambda: run([Pausing], 50, 50, 1.0, stop_timeout=1.0),
    "fixed": lambda: run([Quick, Watching], 20, 100, 1.0),
    "queued": lambda: run([Queued], 1, 20, 1.0),
}

if __name__ == "__main__":
    print(json.dumps(CASES[sys.argv[1]]()))
