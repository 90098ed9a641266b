"""A run's series in one compressed file, without a loss: times to the millisecond, values in Prometheus' own digits.

Text, compressed: a JSON array a line. Series and the times that many of them share are numbered in the order in which
they come, from 0:

    ["series file", 1]                the format and its version
    ["series", {"__name__": "up", …}]       the labels of the next series
    ["times", 1764500000123, 2000, 2000]    the next times: the first in milliseconds, then the steps to the others
    [0, 0, "=", "1"]                        samples of series 0 at times 0: all of this value,
    [0, 0, "+", "7", 0, 3]                  or the first value and the steps from each whole number to the next,
    [0, 0, "v", "0.25", "NaN", "+Inf"]      or each value
    ["end", 1, 3]                           how many series and samples there are

The samples of a series may come in several lines, the oldest first.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import sub
from typing import IO, Any

from swarmscope.prometheus.series import StoredSeries

_FORMAT = ["series file", 1]
_MINUS_ZERO = "-0"  #: of which a whole number knows nothing
_OF_SERIES_AT_TIMES = re.compile(r"\[(\d+),(\d+),")


class SeriesFileError(Exception):
    """The file does not hold all that was written, or something else."""


@dataclass(frozen=True)
class Extent:
    """How many series and samples a file holds."""

    series: int
    samples: int


class SeriesWriter:
    """Writes series to an open file; ``end`` comes last."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._series: dict[tuple[tuple[str, str], ...], int] = {}
        self._times: dict[tuple[int, ...], int] = {}
        self._samples = 0
        self._write(_FORMAT)

    def add(self, series: StoredSeries) -> None:
        """Write the samples of a series, or more of them; raise OSError."""
        labels = tuple(sorted(series.labels.items()))
        if labels not in self._series:
            self._series[labels] = len(self._series)
            self._write(["series", dict(labels)])
        if series.times_ms not in self._times:
            self._times[series.times_ms] = len(self._times)
            self._write(["times", *_steps(series.times_ms)])
        self._samples += len(series.values)
        self._write([self._series[labels], self._times[series.times_ms], *_packed(series.values)])

    def end(self) -> Extent:
        """Write how much there was, and return it; raise OSError."""
        self._write(["end", len(self._series), self._samples])
        return Extent(len(self._series), self._samples)

    def _write(self, line: list[Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


class SeriesReader:
    """Iterates over what was written, in that order; ``extent`` is known at the end.

    Series that are not wanted are counted, and their samples not unpacked, which takes most of the time.
    Raises SeriesFileError, at the latest at the end of what is incomplete.
    """

    def __init__(self, file: IO[str], is_wanted: Callable[[Mapping[str, str]], bool] = lambda _: True) -> None:
        self._lines = (_parsed(line) for line in file if not self._is_passed_over(line))
        self._is_wanted = is_wanted
        self._passed_over: set[int] = set()
        self._labels: list[Mapping[str, str]] = []
        self._times: list[tuple[int, ...]] = []
        self._samples = 0

    @property
    def extent(self) -> Extent:
        """How much was read so far."""
        return Extent(len(self._labels), self._samples)

    def __iter__(self) -> Iterator[StoredSeries]:
        if next(self._lines, None) != _FORMAT:
            raise SeriesFileError("it is not a file of series, or of a later version")
        for line in self._lines:
            match line:
                case ["series", dict() as labels]:
                    if not self._is_wanted(labels):
                        self._passed_over.add(len(self._labels))
                    self._labels.append(labels)
                case ["times", *steps]:
                    self._times.append(tuple(accumulate(steps)))
                case [int() as series, int() as times, str() as kind, *values]:
                    yield self._read(series, times, kind, values)
                case ["end", *counted]:
                    self._require(counted)
                    return
                case _:
                    raise SeriesFileError(f"a line in it cannot be read: {line!r:.60}")
        raise SeriesFileError("it has no end")

    def _is_passed_over(self, line: str) -> bool:
        """Return whether a line has samples of a series that is not wanted, and count them."""
        if not self._passed_over or (match := _OF_SERIES_AT_TIMES.match(line)) is None:
            return False
        series, times = int(match[1]), int(match[2])
        if series not in self._passed_over or times >= len(self._times):
            return False
        self._samples += len(self._times[times])
        return True

    def _read(self, series: int, times: int, kind: str, values: list[Any]) -> StoredSeries:
        try:
            labels, times_ms = self._labels[series], self._times[times]
            found = _unpacked(kind, values, len(times_ms))
        except (IndexError, TypeError, ValueError) as error:
            raise SeriesFileError(f"its samples cannot be read ({error})") from error
        self._samples += len(found)
        return StoredSeries(labels, times_ms, found)

    def _require(self, counted: list[Any]) -> None:
        extent = self.extent
        if counted != [extent.series, extent.samples]:
            raise SeriesFileError(f"it holds {extent.series} series and {extent.samples} samples, and says {counted}")


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise SeriesFileError(f"a line in it is not JSON: {line[:40]!r}") from error


def _steps(numbers: Sequence[int]) -> list[int]:
    """Return the first number, then each step to the next."""
    return [*numbers[:1], *map(sub, numbers[1:], numbers)]


def _packed(values: Sequence[str]) -> list[Any]:
    different = set(values)
    if len(different) == 1:
        return ["=", values[0]]
    try:
        whole = None if _MINUS_ZERO in different else list(map(int, values))
    except ValueError:
        whole = None
    return ["v", *values] if whole is None else ["+", values[0], *_steps(whole)[1:]]


def _unpacked(kind: str, values: list[Any], count: int) -> tuple[str, ...]:
    """Return the values; raise ValueError, TypeError or IndexError for what was not packed so."""
    if kind == "=":
        (value,) = values
        return (str(value),) * count
    found = accumulate([int(values[0]), *values[1:]]) if kind == "+" else values
    texts = tuple(map(str, found))
    if len(texts) != count or kind not in {"+", "v"}:
        raise ValueError(f"{len(texts)} values for {count} times")
    return texts
