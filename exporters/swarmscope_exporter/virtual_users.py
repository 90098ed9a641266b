"""The virtual users of one process: which greenlet each runs in, and which of them have long fired no event.

A user that hangs in a client of its own is in no figure: its request never ends. So every few seconds each user
without an event is looked at. It is healthy while it sleeps in a task, and accounted for while it waits in one of the
HTTP sessions, whose request ends in an event or is cut off; the time of all other waiting adds up until its next event,
and so does that of sleep in ``on_start``: such a user has not begun.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

import gevent
from gevent import Greenlet, getcurrent
from locust import TaskSet, User

_SECONDS_BETWEEN_LOOKS = 1.0
#: Code that is on the stack of a user between two tasks, where a stop may kill it at once.
BETWEEN_TASKS = {TaskSet.wait.__code__}
_ON_START = "on_start"


class VirtualUser:
    """What is known of one of them; times are of the clock of `VirtualUsers`."""

    __slots__ = ("accounted_until", "event_look", "silent_seconds", "user_class")

    def __init__(self, user_class: str, now: float) -> None:
        self.user_class = user_class
        self.accounted_until = now
        self.silent_seconds = 0.0
        self.event_look = 0  #: the last look that found an event of its


class VirtualUsers:
    """Knows the users that run, from their start to their end.

    ``seen`` is the set of greenlets in which requests ended since the last look.
    """

    def __init__(self, seen: set[Greenlet[..., Any]], clock: Callable[[], float] = time.monotonic) -> None:
        self.failed: set[Greenlet[..., Any]] = set()  #: of users: a request of the iteration under way has failed
        self.looks = 0
        self.accounted_for = set[CodeType]()  #: of sessions: on the stack of a user whose request ends in an event
        self._seen = seen
        self._clock = clock
        self._users: dict[Greenlet[..., Any], VirtualUser] = {}
        self._looked_at = clock()

    def watch(self, on_end: Callable[[Greenlet[..., Any], str], None]) -> None:
        """Follow each user that is started from now on; ``on_end`` gets its greenlet and class. Once in a process."""
        start = User.start

        def watched_start(user: User, group: Any) -> Any:
            where = start(user, group)
            self._users[where] = VirtualUser(type(user).__name__, self._clock())
            where.rawlink(ended)
            return where

        def ended(where: Greenlet[..., Any]) -> None:
            user = self._users.pop(where, None)
            if user is not None:
                on_end(where, user.user_class)
            self.failed.discard(where)

        User.start = watched_start  # type: ignore[method-assign,assignment]  # Locust has no hook for it

    def note_failure(self) -> None:
        """Note that a request has failed in the current greenlet, which is a user's or was spawned by it."""
        owner = self.owner(getcurrent())
        if owner is not None:
            self.failed.add(owner)

    def owner(self, where: Any) -> Greenlet[..., Any] | None:
        """Return the greenlet of the user that a greenlet is, or that has spawned it.

        None for one of no user that runs.
        """
        while where is not None and where not in self._users:
            where = getattr(where, "spawning_greenlet", _nobody)()
        found: Greenlet[..., Any] | None = where
        return found

    def class_of(self, owner: Greenlet[..., Any]) -> str:
        """Return the name of the class of a user that runs."""
        return self._users[owner].user_class

    def had_event_since(self, where: Greenlet[..., Any], look: int) -> bool:
        """Return whether a request is known to have ended there after that look, and not just about then."""
        user = self._users.get(where)
        return user is not None and (user.event_look > look + 1 or (self.looks > look and where in self._seen))

    def begin_counting(self) -> None:
        """All users are there. Before, they may wait for each other, however long that takes."""
        self.look()
        for user in self._users.values():
            user.silent_seconds = 0.0

    def look(self) -> None:
        """Bring every user's account up to date; do nothing right after the last look."""
        now = self._clock()
        if now - self._looked_at < _SECONDS_BETWEEN_LOOKS:
            return
        self._looked_at = now
        self.looks += 1
        seen = self._seen.copy()  # first: a client may record in a thread of its own
        self._seen.clear()
        active = {self.owner(where) for where in seen}
        for where, user in self._users.items():
            waited_seconds, user.accounted_until = now - user.accounted_until, now
            if where in active:
                user.silent_seconds, user.event_look = 0.0, self.looks
            elif not self._is_accounted_for(where.gr_frame):
                user.silent_seconds += waited_seconds

    def _is_accounted_for(self, frame: FrameType | None) -> bool:
        stack = tuple(_codes(frame))
        if not self.accounted_for.isdisjoint(stack):
            return True
        return any(map(is_sleep, stack)) and not any(code.co_name == _ON_START for code in stack)

    def silent(self, after_seconds: float) -> dict[str, int]:
        """By class, how many have waited that long without an event."""
        return dict(Counter(user.user_class for user in self._users.values() if user.silent_seconds >= after_seconds))


def is_sleep(code: CodeType) -> bool:
    """Return whether this code is on the stack of a user that only sleeps."""
    return code is gevent.sleep.__code__ or code in BETWEEN_TASKS


def _codes(frame: FrameType | None) -> Iterator[CodeType]:
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


def _nobody() -> None:
    """Note the parent of a greenlet that was not spawned by gevent."""
