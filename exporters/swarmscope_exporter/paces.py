# ruff: noqa: SLF001  # Locust has no public names for what is followed here
"""Closed users that keep a pace: Locust's `constant_pacing` and `constant_throughput`.

A user that is still busy when its next task is due begins it late, and Locust restarts its clock: the starts in between
never come. They would have been slow, so each counts with the time from when it was due to the next real start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from gevent import getcurrent
from locust import TaskSet, constant_pacing
from locust.user.task import LOCUST_STATE_RUNNING

from swarmscope_exporter.intended_starts import IntendedStarts, Start

_PACED = constant_pacing(1).__code__
_INTERVAL = "wait_time"  #: what Locust's function calls it

_Kind = tuple[type[Any], type[Any]]


class _Task(NamedTuple):
    begun_seconds: float
    interval_seconds: float


class Paces:
    """Follows the users of one process."""

    def __init__(self, starts: IntendedStarts) -> None:
        self._starts = starts
        self._intervals: dict[_Kind, float | None] = {}
        self._under_way: dict[Any, _Task] = {}  #: the last task of each user with a pace
        self._is_over = False

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self._under_way.clear()
        self._is_over = False

    def watch(self) -> None:
        """Follow what users do from now on; to be called once in a process."""
        run: Any = TaskSet.run
        wait: Any = TaskSet.wait
        under_way, intervals, clock = self._under_way, self._intervals, self._starts.clock

        def watched_run(task_set: TaskSet) -> None:
            interval = self._interval(task_set)
            if interval is None:
                run(task_set)
                return
            user = task_set._user
            self._starts.exist = True
            under_way.setdefault(user, _Task(clock(), interval))
            try:
                run(task_set)
            finally:
                if task_set._parent is user:
                    under_way.pop(user, None)

        def watched_wait(task_set: TaskSet) -> None:
            user = task_set._user
            interval = intervals.get((task_set.__class__, user.__class__))
            if interval is None:
                self._wait_and_learn(task_set, wait)
                return
            self._end_task(user)
            wait(task_set)
            under_way[user] = _Task(clock(), interval)

        TaskSet.run = watched_run  # type: ignore[method-assign,misc]  # Locust has no hook for it
        TaskSet.wait = watched_wait  # type: ignore[method-assign]  # as above

    def _wait_and_learn(self, task_set: Any, wait: Any) -> None:
        """Wait, and learn whether the user's own ``wait_time`` asks one of Locust's for a pace."""
        user = task_set._user
        last_run, last_wait = user._cp_last_run, user._cp_last_wait_time
        wait(task_set)
        if user._cp_last_run != last_run and user._cp_last_wait_time > 0:
            interval = user._cp_last_run - last_run - last_wait + user._cp_last_wait_time
            self._intervals[type(task_set), type(user)] = interval
            self._starts.exist = True
            self._under_way[user] = _Task(self._starts.clock(), interval)

    def close(self) -> None:
        """End the run: starts that were due while a task is still under way will never come."""
        self._is_over = True
        for user in self._under_way:
            if not self._is_replaced and user._state == LOCUST_STATE_RUNNING and not user._greenlet.dead:
                waits = self._due_ms(user)
                self._starts.miss(type(user).__name__, len(waits))
                self._starts.not_served(waits)

    def _end_task(self, user: Any) -> None:
        """Note the starts that were due while the user was busy: the last of them is the one that comes now, late."""
        if self._is_over or self._is_replaced or not (due := self._due_ms(user)):
            return
        *missed, delay = due
        self._starts.miss(type(user).__name__, len(missed))
        before = self._starts.pending.get(getcurrent())  # of tasks without a request
        self._starts.begin(Start(delay, (*(before.missed_ms if before else ()), *missed)))

    @property
    def _is_replaced(self) -> bool:
        """Whether tasks begin on arrival, and no user keeps a pace of its own."""
        return self._starts.read_arrivals is not None

    def _due_ms(self, user: Any) -> list[float]:
        """Return how long each start has waited that was due since a user's last task began, the first one first."""
        task = self._under_way.get(user)
        if task is None:
            return []
        busy, interval = self._starts.clock() - task.begun_seconds, task.interval_seconds
        return [(busy - number * interval) * 1000 for number in range(1, int(busy / interval) + 1)]

    def _interval(self, task_set: Any) -> float | None:
        """Return the pace of a task set's users, in seconds; None where they have none."""
        kind: _Kind = (type(task_set), type(task_set._user))
        if kind not in self._intervals:
            own, of_user = kind[0].wait_time, kind[1].wait_time
            self._intervals[kind] = interval_of(of_user if own is TaskSet.wait_time else own)
        return self._intervals[kind]


def interval_of(wait_time: Any) -> float | None:
    """Return the seconds between two starts of users with this ``wait_time``; None where it keeps no pace."""
    if getattr(wait_time, "__code__", None) is not _PACED:
        return None
    cell = dict(zip(_PACED.co_freevars, wait_time.__closure__, strict=True))[_INTERVAL]
    interval = float(cell.cell_contents)
    return interval if interval > 0 else None
