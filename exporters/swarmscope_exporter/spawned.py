"""Exceptions of greenlets that virtual users spawn: gevent prints them, and the task goes on.

A task may fetch such an exception, with ``get()`` or ``joinall(…, raise_error=True)``, and handle it; one that ends the
task is counted as the task's. Either way it has passed through more code by then, and its traceback is another.
What waits for several, as `Pool.map` does, fetches the first alone: that goes for others of its type and place.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from traceback import walk_tb
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple

from gevent import Greenlet, get_hub

if TYPE_CHECKING:
    from swarmscope_exporter.virtual_users import VirtualUsers

#: How long a task may take to fetch what a greenlet of its has raised.
_SECONDS_TO_FETCH = 20.0
#: So many are kept until then, with all that their frames hold.
_MAX_KEPT = 1000


#: The user, the type, and the functions that it was raised in: names of files and functions, outermost first.
Kind = tuple[Any, type[Exception], tuple[tuple[str, str], ...]]


class Raised(NamedTuple):
    """What ended a greenlet that a user had spawned."""

    at: float
    user: Greenlet[..., Any]
    user_class: str
    error: Exception
    trace: TracebackType | None
    after_failed_request: bool

    @property
    def was_fetched(self) -> bool:
        return self.error.__traceback__ is not self.trace

    @property
    def kind(self) -> Kind:
        codes = (frame.f_code for frame, _ in walk_tb(self.trace))
        return self.user, type(self.error), tuple((code.co_filename, code.co_name) for code in codes)


class SpawnedExceptions:
    """Those that no code fetches go to ``on_unfetched``, some time after they were raised."""

    def __init__(
        self,
        users: VirtualUsers,
        on_unfetched: Callable[[Raised], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._users = users
        self._on_unfetched = on_unfetched
        self._clock = clock
        self._kept: deque[Raised] = deque()
        self._fetched: dict[Kind, float] = {}  #: when it was last seen, by kind

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self._kept.clear()
        self._fetched.clear()

    def watch(self) -> None:
        """Hear of each exception that ends a greenlet from now on; to be called once in a process."""
        hub: Any = get_hub()
        report = hub.handle_error

        def watched_report(context: Any, kind: Any, error: Any, trace: Any) -> None:
            if isinstance(context, Greenlet) and isinstance(error, Exception):
                self._keep(context, error)
            report(context, kind, error, trace)

        hub.handle_error = watched_report

    def _keep(self, where: Greenlet[..., Any], error: Exception) -> None:
        user = self._users.owner(where)
        if user is None or user is where:
            return
        has_failed = user in self._users.failed
        self._kept.append(
            Raised(self._clock(), user, self._users.class_of(user), error, error.__traceback__, has_failed)
        )
        if len(self._kept) > _MAX_KEPT:
            self._settle(_MAX_KEPT // 2)

    def settle(self, *, is_over: bool) -> None:
        """Count those that no code has fetched in time; all of them, when the run ``is_over``."""
        latest = self._clock() - _SECONDS_TO_FETCH
        self._settle(len(self._kept) if is_over else sum(raised.at <= latest for raised in self._kept))

    def _settle(self, count: int) -> None:
        now = self._clock()
        self._fetched |= {raised.kind: now for raised in self._kept if raised.was_fetched}
        for _ in range(count):
            raised = self._kept.popleft()
            if raised.kind not in self._fetched:
                self._on_unfetched(raised)
        self._fetched = {kind: at for kind, at in self._fetched.items() if at > now - _SECONDS_TO_FETCH}
