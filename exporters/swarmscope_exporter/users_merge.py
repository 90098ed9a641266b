"""Adds up what became of the virtual users of all workers: iterations, exceptions, requests without an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from swarmscope_exporter.endpoints import OVERFLOW_NAME
from swarmscope_exporter.failures import added_up
from swarmscope_exporter.snapshot import Snapshot

#: How many distinct ones each process reports, and the master publishes: exceptions by class and type, and requests
#: without an event by method and name. The rest is folded.
MAX_KINDS, MAX_NAMES_WITHOUT_EVENT = 30, 50
MAX_TRACEBACKS = 10
OTHER_REQUESTS = ("", OVERFLOW_NAME)

_FAILURE = ("method", "name", "error", "message", "count", "first_seconds", "last_seconds")

ExceptionKey = tuple[str, str, bool]


@dataclass(frozen=True)
class UsersMerge:
    """Sums over the last snapshots of all workers, each capped once more: their union may be past the cap of one."""

    snapshots: Sequence[Snapshot]

    def iterations(self) -> Counter[str]:
        """By user class."""
        return _sum(snapshot.iterations for snapshot in self.snapshots)

    def cut_off(self) -> Counter[str]:
        """Users that waited in a task when the stop timeout was over, by user class."""
        return _sum(snapshot.users_cut_off for snapshot in self.snapshots)

    def silent(self) -> Counter[str]:
        """Users that have long fired no event, by user class."""
        return _sum(snapshot.users_silent for snapshot in self.snapshots)

    def missed_starts(self) -> Counter[str]:
        """Return the starts that users with a pace were too busy for, by user class."""
        return _sum(snapshot.missed_starts for snapshot in self.snapshots)

    def exceptions(self) -> Counter[ExceptionKey]:
        """By user class, type, and whether a request of the same iteration had failed before."""
        counts: Counter[ExceptionKey] = Counter()
        kinds: set[tuple[str, str]] = set()
        for snapshot in self.snapshots:
            for user_class, name, after_failed_request, count in snapshot.task_exceptions:
                kind = (user_class, name)
                if kind not in kinds and len(kinds) >= MAX_KINDS:
                    kind = (user_class, OVERFLOW_NAME)
                kinds.add(kind)
                counts[*kind, bool(after_failed_request)] += count
        return counts

    def tracebacks(self) -> dict[tuple[str, str], str]:
        """Return the first of each user class and type, up to a number."""
        found: dict[tuple[str, str], str] = {}
        for snapshot in self.snapshots:
            for user_class, name, text in snapshot.tracebacks:
                if len(found) < MAX_TRACEBACKS:
                    found.setdefault((user_class, name), text)
        return found

    def failure_rows(self) -> list[dict[str, Any]]:
        """Return what failed requests said as plain data, the most frequent first; times in seconds since the epoch."""
        rows = added_up(row for snapshot in self.snapshots for row in snapshot.failures)
        return [dict(zip(_FAILURE, row, strict=True)) for row in rows]

    def without_event(self) -> Counter[tuple[str, str]]:
        """Request that were begun and fired no event, by method and name."""
        counts: Counter[tuple[str, str]] = Counter()
        for snapshot in self.snapshots:
            for method, name, count in snapshot.without_event:
                key = (method, name)
                counts[key if key in counts or len(counts) < MAX_NAMES_WITHOUT_EVENT else OTHER_REQUESTS] += count
        return counts

    def exception_rows(self) -> list[dict[str, Any]]:
        """Return all of the exceptions as plain data, the most frequent first, each kind with its traceback."""
        tracebacks = self.tracebacks()
        return [
            {
                "user_class": user_class,
                "exception": name,
                "after_failed_request": after_failed_request,
                "count": count,
                "traceback": tracebacks.get((user_class, name), ""),
            }
            for (user_class, name, after_failed_request), count in self.exceptions().most_common()
        ]


def _sum(counts: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return total
