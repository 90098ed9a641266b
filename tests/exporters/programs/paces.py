"""Prints as JSON what is seen of users with a pace, under a real Locust runner."""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import HttpUser, TaskSet, User, between, constant, constant_pacing, constant_throughput, task  # isort: skip
from locust.env import Environment  # isort: skip

import json
from typing import Any

import gevent

from swarmscope_exporter.intended_starts import IntendedStarts
from swarmscope_exporter.paces import Paces, interval_of

begun: list[dict[str, Any]] = []
starts = IntendedStarts()


class Paced(User):
    wait_time = constant_throughput(10)
    _tasks_done = 0

    def on_start(self) -> None:
        gevent.sleep(0.5)  # on no schedule

    @task
    def work(self) -> None:
        start = starts.pending.pop(gevent.getcurrent(), None)
        begun.append({"user": type(self).__name__, "start": start and start._asdict()})
        self._tasks_done += 1
        gevent.sleep(1.05 if self._tasks_done == 3 else 0.01)


class Asking(Paced):
    """Keeps the pace by a method of its own."""

    def wait_time(self) -> float:
        return constant_throughput(10)(self)


class HangingAtTheEnd(User):
    wait_time = constant_pacing(0.1)

    @task
    def work(self) -> None:
        gevent.sleep(100)


class Thinking(User):
    wait_time = between(0.1, 0.1)

    @task
    def work(self) -> None:
        gevent.sleep(0.5)


class Tasks(TaskSet):
    wait_time = constant_pacing(3)


def main() -> None:
    environment = Environment(user_classes=[Paced, Asking, HangingAtTheEnd, Thinking])
    runner: Any = environment.create_local_runner()
    paces = Paces(starts)
    paces.watch()
    runner.start(4, spawn_rate=4)
    gevent.sleep(2.55)
    paces.close()
    runner.stop()
    waits = (Paced.wait_time, Tasks.wait_time, Thinking.wait_time, constant(0), constant_pacing(0), HttpUser.wait_time)
    found = {
        "begun": begun,
        "missed": starts.missed,
        "exist": starts.exist,
        "unserved": starts.unserved.count,
        "intervals": [interval_of(each) for each in (*waits, None)],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
