"""What became of the virtual users: exceptions of the locustfile's code, requests without an event, users that hang."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class TaskException:
    """Exceptions of one type in one user class; those after a failed request of the same task do not gate."""

    user_class: str
    exception: str
    after_failed_request: bool
    count: int
    traceback: str = ""  #: of one of them; empty where none was kept

    @property
    def kind(self) -> tuple[str, str, bool]:
        return (self.user_class, self.exception, self.after_failed_request)


@dataclass(frozen=True)
class FailureMessage:
    """Failed requests of one endpoint that said the same; an empty message stands for all that came too late."""

    method: str
    name: str
    error: str  #: its kind: timeout, connection, http_5xx …
    message: str
    count: int
    first_seconds: float  #: when the first of them ended, since the epoch
    last_seconds: float


@dataclass(frozen=True)
class UserFacts:
    """Of the whole run, all workers together; None where it is not known.

    ``without_event`` counts the requests that were begun and fired no event, by method and name. ``silent`` are the
    users that had long waited without an event when the load ended, ``cut_off`` those that still waited in a task when
    the stop timeout was over. ``exit_code`` is what the locustfile has set for Locust to end with, 0 when nothing.
    ``iterations_of`` has the tasks that ended of each user class, ``missed_starts`` those that its users, which keep a
    pace, did not begin in time, as they were busy with the task before. ``failures`` are what failed requests said, the
    most frequent first.
    """

    begun: int | None = None
    without_event: Mapping[str, int] = field(default_factory=dict)
    iterations: int | None = None
    iterations_of: Mapping[str, int] = field(default_factory=dict)
    missed_starts: Mapping[str, int] = field(default_factory=dict)
    exceptions: tuple[TaskException, ...] = ()
    failures: tuple[FailureMessage, ...] = ()
    silent: int | None = None
    cut_off: int | None = None
    exit_code: int = 0

    @property
    def never_began(self) -> tuple[TaskException, ...]:
        """Return what was raised in user classes of which no task ended: by ``on_start``, such as a login in it."""
        if self.iterations is None or (self.iterations and not self.iterations_of):
            return ()
        return tuple(one for one in self.exceptions if not self.iterations_of.get(one.user_class))


@dataclass(frozen=True)
class Told:
    """What the Locust master says of a run, or said when it was judged before: Prometheus holds no tracebacks."""

    exceptions: tuple[TaskException, ...] = ()
    exit_code: int = 0
    failures: tuple[FailureMessage, ...] = ()

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Told:
        """From the master's status, or verdict.json; raise KeyError, TypeError or ValueError for anything else."""
        return cls(
            tuple(
                TaskException(
                    str(row["user_class"]),
                    str(row["exception"]),
                    bool(row["after_failed_request"]),
                    int(row["count"]),
                    str(row["traceback"]),
                )
                for row in document.get("task_exceptions") or ()
            ),
            int(document.get("locustfile_exit_code") or 0),
            tuple(map(_failure, document.get("failures") or ())),
        )


def completed(facts: UserFacts, told: Told) -> UserFacts:
    """Return the facts with the tracebacks that were told, and with what Prometheus has nothing of."""
    known = {exception.kind: exception for exception in facts.exceptions}
    for exception in told.exceptions:
        counted = known.get(exception.kind, exception)
        known[exception.kind] = replace(exception, count=counted.count)
    exceptions = sorted(known.values(), key=lambda exception: (-exception.count, exception.kind))
    return replace(
        facts,
        exceptions=tuple(exceptions),
        exit_code=facts.exit_code or told.exit_code,
        failures=told.failures or facts.failures,
    )


def _failure(row: Mapping[str, Any]) -> FailureMessage:
    return FailureMessage(
        str(row["method"]),
        str(row["name"]),
        str(row["error"]),
        str(row["message"]),
        int(row["count"]),
        float(row["first_seconds"]),
        float(row["last_seconds"]),
    )
