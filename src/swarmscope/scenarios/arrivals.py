"""Arrivals of an open model: how many are due when, and what each of them does. Pure: no clock, no Locust.

The same rate, model and seed give the same schedule everywhere, so that each worker knows its own share of it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random
from typing import Literal, NamedTuple, get_args

Model = Literal["poisson", "constant"]
MODELS: tuple[Model, ...] = get_args(Model)
MAX_WAIT_SECONDS = 10.0
#: More than any machine can start; a rate above is a mistake.
MAX_PER_SECOND = 100_000.0


class Leg(NamedTuple):
    """A time in which the rate moves evenly from one value to another, both per second."""

    seconds: float
    begin: float
    end: float

    @property
    def arrivals(self) -> float:
        """How many are expected in it."""
        return self.seconds * (self.begin + self.end) / 2

    def seconds_until(self, arrivals: float) -> float:
        """Return after how long so many are expected, of those in it."""
        slope = (self.end - self.begin) / self.seconds
        root = math.sqrt(max(0.0, self.begin**2 + 2 * slope * arrivals))
        return min(self.seconds, 2 * arrivals / (self.begin + root)) if arrivals else 0.0


class Arrival(NamedTuple):
    """One of them: its number, when it is due in seconds since the load began, and what chooses its task, 0 to 1."""

    number: int
    due_seconds: float
    choice: float


@dataclass(frozen=True)
class Schedule:
    """All arrivals of a run."""

    legs: tuple[Leg, ...]
    model: Model = "poisson"
    seed: int = 1

    @property
    def expected(self) -> float:
        """How many arrivals there are on average; of a constant model exactly, rounded."""
        return sum(leg.arrivals for leg in self.legs)

    @property
    def ramp_seconds(self) -> float:
        """How long the rate moves at the beginning."""
        first = self.legs[0]
        return first.seconds if first.begin != first.end else 0.0

    def __iter__(self) -> Iterator[Arrival]:
        choices = Random(f"{self.seed}/choice")  # noqa: S311  # reproducible
        for number, due_seconds in enumerate(self.times()):
            yield Arrival(number, due_seconds, choices.random())

    def times(self) -> Iterator[float]:
        """Yield when each is due: where the expected number reaches the next one of a schedule with a rate of 1."""
        marks = self._marks()
        begin_seconds, expected, mark = 0.0, 0.0, next(marks)
        for leg in self.legs:
            until = expected + leg.arrivals
            if leg.begin == leg.end:  # mostly, and cheaper
                while mark < until:
                    yield begin_seconds + (mark - expected) / leg.begin
                    mark = next(marks)
            while mark < until:
                yield begin_seconds + leg.seconds_until(mark - expected)
                mark = next(marks)
            begin_seconds, expected = begin_seconds + leg.seconds, until

    def _marks(self) -> Iterator[float]:
        if self.model == "constant":
            number = 0
            while True:
                yield number + 0.5
                number += 1
        random, log = Random(f"{self.seed}/gaps").random, math.log  # noqa: S311  # reproducible
        mark = 0.0
        while True:
            mark -= log(1.0 - random())
            yield mark


class Count:
    """Counts the arrivals of a schedule as time goes by: all at once would take a second for each million."""

    def __init__(self, schedule: Schedule) -> None:
        self._times = schedule.times()
        self._next = next(self._times, None)
        self._count = 0

    def before(self, seconds: float) -> int:
        """Return how many are due before that time, which is later each time that this is called."""
        while self._next is not None and self._next < seconds:
            self._count += 1
            self._next = next(self._times, None)
        return self._count


class Draw:
    """Chooses a user class by weight, and one of its tasks."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._names = tuple(weights)
        total = sum(weights.values())
        self._bounds = [each / total for each in accumulate(weights.values())]

    def __call__(self, choice: float) -> tuple[str, float]:
        """Return the class, and what chooses among its tasks, 0 to 1."""
        index = min(bisect_right(self._bounds, choice), len(self._names) - 1)
        begin = self._bounds[index - 1] if index else 0.0
        return self._names[index], (choice - begin) / (self._bounds[index] - begin)


def pool_of(weights: Mapping[str, float], users: int, workers: int) -> dict[str, int]:
    """Return how many users of each class wait for arrivals: by weight, and as many on each worker, at least one.

    Raise ValueError, one line, where that is more than ``users``.
    """
    least = len(weights) * workers
    if users < least:
        raise ValueError(
            f"{users} users are too few for arrivals: {len(weights)} user classes on {workers} workers need {least} or"
            " more, one of each on every worker; raise max_users (--users), or take fewer --workers"
        )
    blocks, total = users // workers, sum(weights.values())
    pool = {name: max(1, int(weight / total * blocks)) for name, weight in weights.items()}
    for name in _by_need(pool, weights):
        if sum(pool.values()) >= blocks:
            break
        pool[name] += 1
    while sum(pool.values()) > blocks:
        pool[max(pool, key=lambda name: (pool[name], name))] -= 1
    return {name: count * workers for name, count in pool.items()}


def _by_need(pool: Mapping[str, int], weights: Mapping[str, float]) -> Sequence[str]:
    """Return the classes, the one that has least of its share first."""
    return sorted(pool, key=lambda name: pool[name] / weights[name])
