"""Whether as many users ran as were asked for, from the first moment of the load to its last: in user-seconds.

Locust's own target follows what it could spawn: with `fixed_count`, or users that have left in the ramp, it is lower
than what was asked for. So each order to spawn is noted as it was given, and the users are counted against it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

#: A user may arrive this much later than the spawn rate says before it counts as missing.
ALLOWED_LATENESS_SECONDS = 2.0


@dataclass(frozen=True)
class _Order:
    """From ``level`` users up to ``target``, at ``rate`` users a second; down to it at once: no user is missed then."""

    at_seconds: float
    level: float
    target: float
    rate: float

    def level_at(self, seconds: float) -> float:
        return min(self.target, self.level + self.rate * (seconds - self.at_seconds))


class UserSeconds:
    """Adds up how many users were due, and how many of these were missing, both in user-seconds.

    More users than were asked for make up for none that are missing at another time.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.due = 0.0
        self.missing = 0.0
        self._clock = clock
        self._orders: list[_Order] = []
        self._seen: tuple[float, float, float] | None = None  # when, users due and users missing then

    def ask(self, users: int, spawn_rate: float) -> None:
        """Take note of an order: so many users from now on, reached at that rate from what was asked for before."""
        now = self._clock()
        self._orders.append(_Order(now, self._asked(now), users, spawn_rate))

    def count(self, running: int) -> None:
        """Add up the time since the last count, by the mean of both; ``running`` is the number of users now."""
        now = self._clock()
        due = self._due(now)
        missing = max(0.0, due - running)
        if self._seen is not None:
            before, due_before, missing_before = self._seen
            self.due += (now - before) * (due + due_before) / 2
            self.missing += (now - before) * (missing + missing_before) / 2
        self._seen = (now, due, missing)

    def _asked(self, seconds: float) -> float:
        given = [order for order in self._orders if order.at_seconds <= seconds]
        return given[-1].level_at(seconds) if given else 0.0

    def _due(self, now: float) -> float:
        """Return the fewest that were asked for at any moment of the allowed lateness."""
        since = now - ALLOWED_LATENESS_SECONDS
        while len(self._orders) > 1 and self._orders[1].at_seconds <= since:
            del self._orders[0]
        changes = [order.level_at(order.at_seconds) for order in self._orders if order.at_seconds > since]
        return min((self._asked(since), *changes, self._asked(now)))
