"""Figures of the requests that are alike: one cell for each method, name, status and error."""

from __future__ import annotations

import math
from bisect import bisect_left
from itertools import repeat
from typing import Any, NamedTuple

from swarmscope_exporter.buckets import BUCKET_COUNT, EDGES_MS
from swarmscope_exporter.exemplars import Exemplar
from swarmscope_exporter.intended_starts import Start

_INFINITY = math.inf
_FLOAT, _INT_OR_NONE = {float}, {int, type(None)}
_NO_TIMES = (bool, str, bytes, bytearray)  # float() takes them


class CellKey(NamedTuple):
    """What distinguishes one cell from another; ``error`` is empty for a success."""

    method: str
    name: str
    status: int
    error: str


class Delays:
    """What becomes of a cell's times when they count from the intended start.

    ``left`` are the buckets of times that a delay was added to, ``entered`` those of what they are with it, and of
    starts that were missed.
    """

    __slots__ = ("entered", "left", "sum_ms")

    def __init__(self) -> None:
        self.left = [0] * BUCKET_COUNT
        self.entered = [0] * BUCKET_COUNT
        self.sum_ms = 0.0

    def add(self, milliseconds: float | None, start: Start) -> None:
        """Add the start of a request that took so long, None where that is not known."""
        if milliseconds is not None:
            self.left[bisect_left(EDGES_MS, milliseconds)] += 1
            self.entered[bisect_left(EDGES_MS, milliseconds + start.delay_ms)] += 1
            self.sum_ms += start.delay_ms
        for wait in start.missed_ms:
            self.entered[bisect_left(EDGES_MS, wait)] += 1
            self.sum_ms += wait


class Cell:
    """Cumulative figures of one key since the run began, and what was noted and is not in them yet."""

    __slots__ = ("buckets", "bytes", "delays", "exemplars", "lengths", "starts", "sum_ms", "times", "untimed")

    def __init__(self) -> None:
        self.times: list[Any] = []  # noted: response times, and lengths of responses
        self.lengths: list[Any] = []
        self.starts: list[tuple[Any, Start]] = []  # noted: times of requests with an intended start, with that
        self.delays: Delays | None = None  #: None while no request had one
        self.buckets = [0] * BUCKET_COUNT
        self.sum_ms = 0.0
        self.bytes = 0
        self.untimed = 0  # requests without a response time, or with an impossible one: counted, in no bucket
        self.exemplars: dict[int, Exemplar] = {}  # by bucket, of sampled requests only

    @property
    def count(self) -> int:
        return sum(self.buckets) + self.untimed

    def settle(self) -> int:
        """Put what was noted into the figures; return how much of it is impossible."""
        if self.starts:
            self._settle_starts(_taken(self.starts))
        return self._settle_times(_taken(self.times)) + self._settle_lengths(_taken(self.lengths))

    def _settle_starts(self, starts: list[tuple[Any, Start]]) -> None:
        delays = self.delays = self.delays or Delays()
        for response_time, start in starts:
            delays.add(milliseconds_of(response_time), start)

    def from_intended_starts(self) -> Cell:
        """Return the times as they are from the intended starts."""
        delays = self.delays
        if delays is None:
            return self
        cell = Cell()
        rows = zip(self.buckets, delays.left, delays.entered, strict=True)
        cell.buckets = [count - left + entered for count, left, entered in rows]
        cell.sum_ms = self.sum_ms + delays.sum_ms
        return cell

    def _settle_times(self, times: list[Any]) -> int:
        # Mostly all are floats; one that is negative, infinite or not a number makes one of the comparisons false.
        if times and set(map(type, times)) == _FLOAT and min(times) >= 0.0 and (sum_ms := sum(times)) < _INFINITY:
            buckets = self.buckets
            for index in map(bisect_left, repeat(EDGES_MS), times):
                buckets[index] += 1
            self.sum_ms += sum_ms
            return 0
        return sum(not self.add_time(response_time) for response_time in times)

    def _settle_lengths(self, lengths: list[Any]) -> int:
        if set(map(type, lengths)) <= _INT_OR_NONE:
            self.bytes += sum(filter(None, lengths))
            return 0
        return sum(not self._add_length(length) for length in lengths)

    def _add_length(self, length: Any) -> bool:
        """Add a length of any type; return whether it is possible, or none."""
        try:
            self.bytes += 0 if length is None else int(length)
        except Exception:  # noqa: BLE001  # of another's class
            return False
        return True

    def add_time(self, response_time: object) -> bool:
        """Record a time of any type; return whether it is possible. One that is not, or that is none, is untimed."""
        milliseconds = milliseconds_of(response_time)
        if milliseconds is None:
            self.untimed += 1
            return response_time is None
        self.buckets[bisect_left(EDGES_MS, milliseconds)] += 1
        self.sum_ms += milliseconds
        return True


def milliseconds_of(response_time: object) -> float | None:
    """Return a response time as a number; None when it is absent or impossible: negative, NaN, infinite, no number."""
    if response_time is None or isinstance(response_time, _NO_TIMES):
        return None
    try:
        milliseconds = float(response_time)  # type: ignore[arg-type]  # Decimal, Fraction and numpy's numbers are fine
    except Exception:  # noqa: BLE001  # of another's class
        return None
    return milliseconds if 0.0 <= milliseconds < _INFINITY else None


def _taken(values: list[Any]) -> list[Any]:
    """Take all out of a list that others may add to meanwhile."""
    taken = values[:]
    del values[: len(taken)]
    return taken
