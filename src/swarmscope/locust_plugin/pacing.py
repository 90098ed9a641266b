"""How long a user pauses: as people do, or so that all of them together keep a rate.

locust-plugins' constant_total_ips is not used for the rate: it adds a fixed pause to each response time, so a slower
answer lowers the rate (100 users, 50 ms an answer: 400 requests per second came of 500 asked for), and each worker
process aims at the whole rate by itself. Here each user keeps a schedule of its own, whatever the answers take.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random
from typing import Protocol

from prometheus_client import Counter

Clock = Callable[[], float]

LATE_SENDS = Counter("loadtest_late_sends", "Requests that began after their schedule said so.")

#: A request that begins later than this after it was due is late: a busy event loop, or an answer that took too long.
LATE_AFTER_SECONDS = 0.05


def sent_late() -> None:
    """Count one request that began later than the pace of its user asked for."""
    LATE_SENDS.inc()


class Pace(Protocol):
    """Tells a user how long to pause."""

    def is_late(self) -> bool:
        """Return whether the request that begins now should have begun before."""
        ...

    def pause_seconds(self, requests: int) -> float:
        """Pause in seconds after ``requests`` requests since the last pause."""
        ...


class ThinkTime:
    """Pauses between ``shortest`` and ``longest`` seconds, each length as likely as the other."""

    def __init__(self, shortest: float, longest: float, rng: Random) -> None:
        self._shortest, self._longest, self._rng = shortest, longest, rng

    def is_late(self) -> bool:
        return False  # people keep no schedule

    def pause_seconds(self, requests: int) -> float:  # noqa: ARG002  # people do not count requests
        return self._rng.uniform(self._shortest, self._longest)


class RequestSchedule:
    """Pauses until the next request is due, one every ``seconds_per_request`` on average.

    The first is due at a random moment of an interval: users that start together would else stay in step for ever.
    A user that fell behind catches up by one interval at most, so a target that stalled is not flooded afterwards.
    """

    def __init__(self, seconds_per_request: float, rng: Random, clock: Clock = time.monotonic) -> None:
        self._interval = seconds_per_request
        self._clock = clock
        self._due = clock() + rng.uniform(-1, 0) * seconds_per_request
        self._has_begun = False  # what a user does on arrival is on no schedule

    def is_late(self) -> bool:
        return self._has_begun and self._clock() - self._due > LATE_AFTER_SECONDS

    def pause_seconds(self, requests: int) -> float:
        now, self._has_begun = self._clock(), True
        self._due = max(self._due + max(1, requests) * self._interval, now - self._interval)
        return max(0.0, self._due - now)
