"""How many users wait for arrivals: so many that they are never the limit before a threshold is (Little's law).

Where answers take as long as a threshold allows, rate times that time of them are under way at once: with as many users
all busy, the mean is over the threshold, and so is any of its quantiles. Tasks of several requests and pauses keep more
users busy; that shows in a step, and it is tried again with twice as many.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from swarmscope.objectives import DROPPED_ARRIVALS, Threshold

#: Beyond what the slowest answers that are allowed keep busy.
_MORE = 10
#: Where no threshold says how long an answer may take, in seconds.
_DEFAULT_SECONDS = 1.0
#: More would take too long to start, and too much memory.
MAX_USERS = 20_000
MAX_DOUBLINGS = 6
#: Arrivals that begin so late have waited for a free user, where the generator has no trouble of its own.
_LATE_SECONDS = 0.1
#: Where answers take less of what a threshold allows, it was not the target that kept the users busy.
KEPT_SHARE = 0.5


def allowed_seconds(thresholds: Iterable[Threshold]) -> float:
    """Return how long an answer may take by the critical thresholds of all requests, at most."""
    found = [each.value for each in thresholds if each.severity == "critical" and _is_of_time(each.objective)]
    return max(found, default=_DEFAULT_SECONDS)


def _is_of_time(objective: str) -> bool:
    return objective.startswith(("latency_p", "latency_m", "service_time_")) and objective.endswith("_seconds")


@dataclass(frozen=True)
class Pool:
    """Users for arrivals: ``allowed`` is how long an answer may take, ``least`` what the scenario needs in any case."""

    allowed: float
    least: int
    doublings: int = 0

    def users(self, rate: float) -> int:
        """Return how many wait for arrivals at a rate."""
        needed = max(self.least, math.ceil(rate * self.allowed) + _MORE)
        return min(MAX_USERS, needed << self.doublings)


def users_were_limit(
    missed: Iterable[str], late_p99_seconds: float | None, *, service_kept: bool, service_grows: bool
) -> bool:
    """Return whether a step broke since all of its users were busy, and not since the target was slow.

    ``missed`` names the objectives that were missed. Arrivals waited for users (``late_p99_seconds``), and
    counted from when they were sent, requests were answered well in time (``service_kept``) and did not get slower.
    """
    of_waiting = all(each == DROPPED_ARRIVALS or each.startswith("latency_") for each in missed)
    is_late = late_p99_seconds is not None and late_p99_seconds > _LATE_SECONDS
    return of_waiting and is_late and service_kept and not service_grows
