"""Exceptions of the locustfile's own code that runs in virtual users: in tasks, on_start, on_stop and wait_time."""

from __future__ import annotations

import traceback
from collections import Counter
from typing import TYPE_CHECKING, Any

from swarmscope_exporter.endpoints import OVERFLOW_NAME
from swarmscope_exporter.recorder import as_label, text_of
from swarmscope_exporter.users_merge import MAX_KINDS, MAX_TRACEBACKS

if TYPE_CHECKING:
    from gevent import Greenlet

_MAX_FRAMES, _MAX_FRAMES_LENGTH, _MAX_MESSAGE_LENGTH = 15, 1500, 500


class TaskExceptions:
    """Counts them by user class, type, and whether a request of the same iteration had failed before.

    One traceback is kept for each class and type, up to a number. An exception that is met on several ways out of the
    same iteration counts once.
    """

    def __init__(self) -> None:
        #: What was raised last in each greenlet, until another iteration begins there or its user is gone.
        self.last: dict[Greenlet[..., Any], BaseException] = {}
        self.reset()

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self._counts: Counter[tuple[str, str, bool]] = Counter()
        self._tracebacks: dict[tuple[str, str], str] = {}

    def note(
        self, where: Greenlet[..., Any], user_class: str, error: BaseException, *, after_failed_request: bool
    ) -> None:
        """Count an exception that ended something in the greenlet ``where``, unless it is the one of before."""
        if self._is_known(self.last.get(where), error):
            return
        self.last[where] = error
        self.count(user_class, error, after_failed_request=after_failed_request)

    def count(self, user_class: str, error: BaseException, *, after_failed_request: bool) -> None:
        """Count an exception that was not met before."""
        kind = self._kind(user_class, type(error).__name__)
        self._counts[*kind, after_failed_request] += 1
        if kind not in self._tracebacks and len(self._tracebacks) < MAX_TRACEBACKS:
            self._tracebacks[kind] = traceback_of(error)

    @staticmethod
    def _is_known(last: BaseException | None, error: BaseException) -> bool:
        # wait_time that raises is called again by Locust, while it handles the first exception.
        return last is not None and (error is last or (error.__context__ is last and type(error) is type(last)))

    def _kind(self, user_class: str, name: object) -> tuple[str, str]:
        kind = (as_label(user_class), as_label(name))
        known = {other[:2] for other in self._counts}
        return kind if kind in known or len(known) < MAX_KINDS else (kind[0], OVERFLOW_NAME)

    def counts(self) -> list[list[Any]]:
        """User class, type, whether after a failed request, and number: one row each."""
        return [[*kind, count] for kind, count in self._counts.items()]

    def tracebacks(self) -> list[list[str]]:
        """User class, type, and text: one row each."""
        return [[*kind, text] for kind, text in self._tracebacks.items()]


def traceback_of(error: BaseException) -> str:
    """Return the last frames and the message, each shortened: a message may hold a whole page."""
    frames = "".join(traceback.format_tb(error.__traceback__)[-_MAX_FRAMES:])
    try:
        message = str(error)
    except Exception as unprintable:  # noqa: BLE001  # __str__ of a class of the locustfile
        message = f"(its text raises {type(unprintable).__name__})"
    shown = frames if len(frames) <= _MAX_FRAMES_LENGTH else f"  …{frames[-_MAX_FRAMES_LENGTH:]}"
    return text_of(f"{shown}{type(error).__name__}: {_shortened(message)}")


def _shortened(message: str) -> str:
    if len(message) <= _MAX_MESSAGE_LENGTH:
        return message
    return f"{message[:_MAX_MESSAGE_LENGTH]} … ({len(message)} characters)"
