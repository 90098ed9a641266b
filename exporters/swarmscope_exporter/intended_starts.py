"""When iterations should have begun: what requests, and starts that never came, have waited for in one process.

A closed user that waits for a slow answer begins its next task late, and so does an arrival that finds no free user.
What was measured from the real start hides that. So the owner of a schedule tells here how late an iteration begins,
and which starts have been missed, and the recorder adds it to the first request of that iteration.

Times are in seconds of `time.perf_counter`, delays in milliseconds.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from gevent import Greenlet, getcurrent

from swarmscope_exporter.buckets import BUCKET_COUNT, EDGES_MS

#: Names of the waits that each process reports, see `IntendedStarts`.
UNSERVED, LATENESS = WAITS = ("unserved", "lateness")


class Start(NamedTuple):
    """The start of an iteration: how late it was, the starts missed before it, and when it took place.

    ``missed_ms`` are how long each of those had waited by then.
    """

    delay_ms: float
    missed_ms: tuple[float, ...] = ()
    begun_seconds: float | None = None  #: only where a request that the stop cuts off is to count


class Waits:
    """How long a number of starts waited, in the shared buckets."""

    __slots__ = ("buckets", "sum_ms")

    def __init__(self) -> None:
        self.buckets = [0] * BUCKET_COUNT
        self.sum_ms = 0.0

    def add(self, milliseconds: float) -> None:
        self.buckets[bisect_left(EDGES_MS, milliseconds)] += 1
        self.sum_ms += milliseconds

    @property
    def count(self) -> int:
        return sum(self.buckets)


class ArrivalCounts(NamedTuple):
    """The books of one worker: all arrivals of its that were due are in one of the next four."""

    scheduled: int = 0
    started: int = 0
    dropped: int = 0
    cut_off: int = 0
    waiting: int = 0
    position: int = 0  #: the number of the first arrival of all workers that was not due yet
    late: int = 0  #: of those that were due: how many the process itself was late to hand over


class IntendedStarts:
    """Those of one process; ``pending`` are starts whose first request has not ended, by the greenlet of the user."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.pending: dict[Greenlet[..., Any], Start] = {}
        self.reset()

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self.exist = False  #: whether any iteration of the run has an intended start
        self.pending.clear()
        self.missed: Counter[str] = Counter()  #: by user class
        self.unserved = Waits()  #: of starts that never led to an answer
        self.lateness = Waits()  #: of arrivals that were started
        self.read_arrivals: Callable[[], ArrivalCounts] | None = None  #: of a run with arrivals

    def begin(self, start: Start) -> None:
        """Begin an iteration of the current greenlet's user."""
        self.pending[getcurrent()] = start

    def miss(self, user_class: str, count: int) -> None:
        self.missed[user_class] += count

    def not_served(self, waits_ms: Iterable[float]) -> None:
        """Count starts that nothing came of, each with the time that it has waited."""
        for wait in waits_ms:
            self.unserved.add(wait)

    def close(self) -> None:
        """End the run: what is still pending was cut off, and has waited until now."""
        now = self.clock()
        for start in self.pending.values():
            self.not_served(start.missed_ms)
            if start.begun_seconds is not None:
                self.unserved.add(start.delay_ms + (now - start.begun_seconds) * 1000)
        self.pending.clear()
