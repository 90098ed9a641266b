"""Exceptions in tasks as every writer of a verdict shows them."""

from __future__ import annotations

from collections.abc import Iterable

from swarmscope.report.wording import printable
from swarmscope.verdict.user_facts import TaskException


def kind_of(exception: TaskException) -> str:
    """For example ``Buyer KeyError``."""
    return f"{exception.user_class} {exception.exception}"


def whether_it_gates(exception: TaskException) -> str:
    """Return why an exception does not count against the run, in words; empty for one that does."""
    return "after a failed request" if exception.after_failed_request else ""


def lines_of(exception: TaskException) -> list[str]:
    """Return the traceback line by line, each as a terminal shows it."""
    return [printable(line) for line in exception.traceback.splitlines()]


def with_traceback(exceptions: Iterable[TaskException]) -> tuple[TaskException, ...]:
    """Return one for each class and type, of those of which a traceback was kept."""
    found = {(one.user_class, one.exception): one for one in reversed(tuple(exceptions)) if one.traceback}
    return tuple(reversed(found.values()))
