"""How busy this load generator process is: a saturated generator measures itself, not the API."""

from __future__ import annotations

import time

import gevent

_LAG_PROBE_SECONDS = 0.25


class GeneratorHealth:
    """CPU share and event-loop lag of this process since they were last read."""

    def __init__(self) -> None:
        self._lag_seconds = 0.0
        self._cpu_seconds = time.process_time()
        self._wall_seconds = time.monotonic()
        self._probe: gevent.Greenlet | None = None

    def start(self) -> None:
        """Begins to probe the event loop; to be called after a fork, in the process that is measured."""
        self._probe = gevent.spawn(self._probe_loop)

    def _probe_loop(self) -> None:
        while True:
            before = time.monotonic()
            gevent.sleep(_LAG_PROBE_SECONDS)
            self._lag_seconds = max(self._lag_seconds, time.monotonic() - before - _LAG_PROBE_SECONDS)

    def read(self) -> tuple[float, float]:
        """CPU ratio and worst lag in seconds since the last read; 1.0 is one core, all that Locust can use."""
        cpu_seconds, wall_seconds = time.process_time(), time.monotonic()
        elapsed = wall_seconds - self._wall_seconds
        ratio = (cpu_seconds - self._cpu_seconds) / elapsed if elapsed > 0 else 0.0
        lag_seconds, self._lag_seconds = self._lag_seconds, 0.0
        self._cpu_seconds, self._wall_seconds = cpu_seconds, wall_seconds
        return ratio, max(0.0, lag_seconds)
