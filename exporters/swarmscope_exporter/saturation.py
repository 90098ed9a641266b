"""Which workers have series of their own, where there are more than anybody would look at.

Up to `MAX_WORKER_SERIES` workers each has its own. Of more, those are chosen that an alert could speak of: the alerts
on CPU and event loop fire for one worker that has been over a limit for some time, so the workers that have been over
it longest come first, then those nearest to it. A worker that is chosen for such a streak stays chosen until it ends:
if some worker is over the limit for so long, so is one that is published throughout.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarmscope_exporter.merge import WorkerReport
    from swarmscope_exporter.snapshot import Snapshot

MAX_WORKER_SERIES = 100
OTHER_WORKERS = "(others)"  #: what the rest is added up under
#: What the alerts on a Locust process compare with; a test keeps them equal.
CPU_LIMIT_RATIO = 0.9
LOOP_LAG_LIMIT_SECONDS = 0.2
LOOP_LATE_LIMIT_RATIO = 0.25
_NEVER = float("inf")

Reports = Mapping[str, "WorkerReport"]


@dataclass(frozen=True)
class Streaks:
    """Since when a worker has been over each limit without a break; infinity while it is not."""

    cpu_since: float = _NEVER
    loop_lag_since: float = _NEVER
    loop_late_since: float = _NEVER

    def after(self, snapshot: Snapshot, now: float) -> Streaks:
        """Return the streaks once this snapshot has come."""
        return Streaks(
            min(self.cpu_since, now) if snapshot.cpu_ratio > CPU_LIMIT_RATIO else _NEVER,
            min(self.loop_lag_since, now) if snapshot.loop_lag_seconds > LOOP_LAG_LIMIT_SECONDS else _NEVER,
            min(self.loop_late_since, now) if snapshot.loop_late_ratio > LOOP_LATE_LIMIT_RATIO else _NEVER,
        )


def busiest(reports: Reports) -> list[str]:
    """Return the workers to publish the CPU of."""
    return _first(reports, lambda report: (report.streaks.cpu_since, -report.snapshot.cpu_ratio))


def latest_loops(reports: Reports) -> list[str]:
    """Return the workers to publish the event-loop lag of."""
    return _first(reports, lambda report: (report.streaks.loop_lag_since, -report.snapshot.loop_lag_seconds))


def most_blocked(reports: Reports) -> list[str]:
    """Return the workers to publish the share of late time of."""
    return _first(reports, lambda report: (report.streaks.loop_late_since, -report.snapshot.loop_late_ratio))


def longest_silent(reports: Reports) -> list[str]:
    """Return the workers to publish the last report's time of: the one that is stale is among them."""
    return _first(reports, lambda report: (report.received_timestamp_seconds, 0.0))


def _first(reports: Reports, rank: Callable[[WorkerReport], tuple[float, float]]) -> list[str]:
    if len(reports) <= MAX_WORKER_SERIES:
        return list(reports)
    return heapq.nsmallest(MAX_WORKER_SERIES, reports, key=lambda worker: rank(reports[worker]))
