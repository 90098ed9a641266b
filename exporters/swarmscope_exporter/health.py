"""How busy this load generator process is: a saturated generator measures itself, not the API."""

from __future__ import annotations

import time
from typing import NamedTuple

import gevent

_LAG_PROBE_SECONDS = 0.25


class Health(NamedTuple):
    """How busy a process was since it was last asked."""

    cpu_ratio: float = 0.0  #: 1.0 is one core, all that Locust can use
    loop_lag_seconds: float = 0.0  #: the worst
    loop_late_ratio: float = 0.0  #: the share of the time that the event loop was late, by however much


class GeneratorHealth:
    """CPU share and event-loop lag of this process since they were last read."""

    def __init__(self) -> None:
        self._lag_seconds = 0.0
        self._late_seconds = 0.0
        self._cpu_seconds = time.process_time()
        self._wall_seconds = time.monotonic()
        self._probe: gevent.Greenlet | None = None

    def start(self) -> None:
        """Begin to probe the event loop; to be called after a fork, in the process that is measured."""
        self._probe = gevent.spawn(self._probe_loop)

    def _probe_loop(self) -> None:
        while True:
            before = time.monotonic()
            gevent.sleep(_LAG_PROBE_SECONDS)
            lag_seconds = max(0.0, time.monotonic() - before - _LAG_PROBE_SECONDS)
            self._lag_seconds = max(self._lag_seconds, lag_seconds)
            self._late_seconds += lag_seconds

    def read(self) -> Health:
        """Return how busy this process was since the last read."""
        cpu_seconds, wall_seconds = time.process_time(), time.monotonic()
        elapsed = wall_seconds - self._wall_seconds
        health = Health(loop_lag_seconds=self._lag_seconds)
        if elapsed > 0:  # a lag that began before the last read counts in this one: it may be longer
            late_ratio = min(1.0, self._late_seconds / elapsed)
            health = health._replace(cpu_ratio=(cpu_seconds - self._cpu_seconds) / elapsed, loop_late_ratio=late_ratio)
        self._lag_seconds = self._late_seconds = 0.0
        self._cpu_seconds, self._wall_seconds = cpu_seconds, wall_seconds
        return health
