"""Copies what Prometheus holds of a run into a file, in batches that fit into memory whatever the run's length."""

from __future__ import annotations

import gc
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import INTERVAL_SECONDS
from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import Extent, SeriesWriter
from swarmscope_exporter.run_ids import escaped

Labels = Mapping[str, str]

#: Of one answer: about 50 MB while it is read.
_MAX_SAMPLES = 250_000
_SLICE_SECONDS = 900.0
_MIN_SLICE_SECONDS = 30.0
_MAX_SERIES = int(_MAX_SAMPLES / _SLICE_SECONDS * INTERVAL_SECONDS)
_QUERY_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Wanted:
    """Which series to copy: those that one of the selectors has and ``is_kept`` lets through, from when to when."""

    selectors: tuple[str, ...]
    begin_seconds: float
    end_seconds: float
    is_kept: Callable[[Labels], bool] = lambda _: True


@dataclass(frozen=True)
class _Batch:
    """Series that are asked for together; ``selector`` may have others as well, which are left out."""

    selector: str
    series: frozenset[tuple[tuple[str, str], ...]]

    def times(self, wanted: Wanted) -> Iterator[tuple[float, float]]:
        """Yield from when to when each part of it is asked for."""
        most_seconds = _SLICE_SECONDS * min(1.0, _MAX_SERIES / len(self.series))
        whole = wanted.end_seconds - wanted.begin_seconds
        count = max(1, math.ceil(whole / max(_MIN_SLICE_SECONDS, most_seconds)))
        edges = [round(wanted.begin_seconds + whole * number / count, 3) for number in range(count + 1)]
        yield from pairwise(edges)


def copy_series(
    prometheus: PrometheusApi,
    wanted: Iterable[Wanted],
    file: IO[str],
    progress: Callable[[float], None] = lambda _: None,
) -> Extent:
    """Write the series to an open file, and return how much that was; ``progress`` gets the share that is done.

    Raise PrometheusUnavailableError, and OSError.
    """
    prometheus = prometheus.with_timeout(_QUERY_TIMEOUT_SECONDS)
    queries = [
        (batch, begin, end)
        for each in wanted
        for batch in _batches(_found(prometheus, each))
        for begin, end in batch.times(each)
    ]
    writer = SeriesWriter(file)
    for number, (batch, begin, end) in enumerate(queries, 1):
        with _without_garbage_collection():
            for series in _sorted(prometheus.stored(batch.selector, begin, end)):
                if _key(series.labels) in batch.series:
                    writer.add(series)
        progress(number / len(queries))
    return writer.end()


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Keep Python from looking for cycles in lists of a million numbers: a third of the time, for nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _found(prometheus: PrometheusApi, wanted: Wanted) -> list[Labels]:
    found = prometheus.labels_of_series(wanted.selectors, wanted.begin_seconds, wanted.end_seconds)
    return [labels for labels in found if wanted.is_kept(labels)]


def _batches(series: Iterable[Labels]) -> Iterator[_Batch]:
    """Few series of one run or job are asked for together, many of one name in several parts."""
    by_owner: dict[tuple[str, str], dict[str, list[Labels]]] = defaultdict(lambda: defaultdict(list))
    for labels in series:
        owner = labels.get("run_id", ""), labels.get("job", "")
        by_owner[owner][labels.get("__name__", "")].append(labels)
    for owner, by_name in by_owner.items():
        few: list[Labels] = []
        for name, named in sorted(by_name.items()):
            if len(named) > _MAX_SERIES or not any(owner):
                yield from _parts_of(owner, name, named)
                continue
            if len(few) + len(named) > _MAX_SERIES:
                yield _batch(owner, "__name__", few)
                few = []
            few += named
        if few:
            yield _batch(owner, "__name__", few)


def _parts_of(owner: tuple[str, str], name: str, series: list[Labels]) -> Iterator[_Batch]:
    """Yield the series of one name, cut by the label that has the most values."""
    values: dict[str, set[str]] = defaultdict(set)
    for labels in series:
        for label, value in labels.items():
            values[label].add(value)
    by = max(values, key=lambda label: (label not in {"le", "__name__"}, len(values[label])))
    counts = Counter(labels.get(by, "") for labels in series)
    part: set[str] = set()
    for value in sorted(counts):
        if part and sum(counts[each] for each in part) + counts[value] > _MAX_SERIES:
            yield _batch(owner, by, [labels for labels in series if labels.get(by, "") in part], name)
            part = set()
        part.add(value)
    yield _batch(owner, by, [labels for labels in series if labels.get(by, "") in part], name)


def _batch(owner: tuple[str, str], by: str, series: list[Labels], name: str = "") -> _Batch:
    values = "|".join(sorted({re.escape(labels.get(by, "")) for labels in series}))
    matchers = [f'"{escaped(by)}"=~"{escaped(values)}"']
    matchers += [f'{label}="{escaped(value)}"' for label, value in zip(("run_id", "job"), owner, strict=True)]
    if name:
        matchers.append(f'__name__="{escaped(name)}"')
    return _Batch(f"{{{','.join(matchers)}}}", frozenset(map(_key, series)))


def _sorted(series: Iterable[StoredSeries]) -> list[StoredSeries]:
    """Return the buckets of a histogram beside each other: what is alike compresses best."""

    def place(each: StoredSeries) -> tuple[object, ...]:
        others = tuple(sorted((label, value) for label, value in each.labels.items() if label != "le"))
        return others, float(each.labels.get("le") or 0)

    return sorted(series, key=place)


def _key(labels: Labels) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(labels.items()))
