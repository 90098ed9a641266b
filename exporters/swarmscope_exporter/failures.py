"""What failed requests said: by type, name, kind and message, how often, and when the first and the last one ended."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from typing import Any

#: How many distinct ones each process reports, and the master tells. What comes later is counted without its message.
MAX_FAILURES = 50
_MAX_LENGTH = 200
#: Without what differs from one request to the next: addresses of objects, and the URL that requests puts at the end.
_VARIABLE = re.compile(r" for url: .*|0x[0-9a-f]{6,}", re.IGNORECASE | re.DOTALL)

Key = tuple[str, str, str, str]


class FailureNotes:
    """Counts them in one process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self._found: dict[Key, list[float]] = {}

    def note(self, request_type: str, name: str, kind: str, error: object) -> None:
        """Note one failed request, whose labels are as they are published; ``kind`` is that of `classify`."""
        key = (request_type, name, kind, message_of(error))
        row = self._found.get(key)
        if row is None:
            if len(self._found) >= MAX_FAILURES:
                key = (request_type, name, kind, "")
            now = self._clock()
            row = self._found.setdefault(key, [0, now, now])
        row[0] += 1
        row[2] = self._clock()

    def rows(self) -> list[list[Any]]:
        """Return type, name, kind, message, number, first and last in seconds since the epoch: one row each."""
        return [[*key, *figures] for key, figures in self._found.items()]


def message_of(error: object) -> str:
    """Return what an exception says, shortened; its type where it says nothing, or cannot."""
    try:
        text = error if isinstance(error, str) else str(error)
    except Exception:  # noqa: BLE001  # __str__ of a class of the locustfile
        text = ""
    words = " ".join(_VARIABLE.sub("", text[: 5 * _MAX_LENGTH]).split())
    if not isinstance(error, str):
        kind = type(error).__name__
        words = words if words.startswith(kind) else f"{kind}: {words}".removesuffix(": ")
    return words[:_MAX_LENGTH].encode("utf-8", "replace").decode()


def added_up(rows: Iterable[list[Any]]) -> list[list[Any]]:
    """Return the rows of all processes as one, the most frequent first."""
    total: dict[Key, list[Any]] = {}
    for method, name, kind, message, count, first, last in rows:
        key = (method, name, kind, message)
        if key not in total and len(total) >= MAX_FAILURES:
            key = (method, name, kind, "")
        before = total.setdefault(key, [0, first, last])
        total[key] = [before[0] + count, min(before[1], first), max(before[2], last)]
    return [[*key, *figures] for key, figures in sorted(total.items(), key=lambda item: (-item[1][0], item[0]))]
