"""What a run counted in its judged part, and in windows of it, from its stored series.

All requests are counted as the rules do (`loadtest:count`), endpoints as the exporter does, both at the evaluations
at which the rules found that the judged part began and ended: so they add up, and are what the verdict rests on.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from swarmscope.compare.summary import ALL, Key, Stretch, Subject, Times
from swarmscope.prometheus.names import TARGET_COUNTER, TARGET_JOB
from swarmscope.prometheus.series import StoredSeries
from swarmscope.verdict.confidence import MAX_WINDOWS, MIN_WINDOW_SECONDS
from swarmscope.verdict.counts import CLOCK

Labels = Mapping[str, str]
#: Yields the series that a condition lets through, which may be asked for more than once.
Source = Callable[[Callable[[Labels], bool]], Iterable[StoredSeries]]

_COUNT, _BEGUN, _ENDED, _LEFT_OUT = (
    "loadtest:count",
    "loadtest:begun_seconds",
    "loadtest:ended_seconds",
    "loadtest:left_out_requests",
)
_REQUESTS, _ARRIVALS = "loadtest_requests_total", "loadtest_arrivals_scheduled_total"
_SERVICE, _RESPONSE = "loadtest_request_duration_seconds", "loadtest_response_time_seconds"
_TIMES = frozenset(f"{name}_{part}" for name in (_SERVICE, _RESPONSE) for part in ("bucket", "sum"))
_OF_ALL = frozenset({"latency_bucket", "latency_sum", "requests", "failures"})
_CPU, _MEMORY, _POOL = "process_cpu_seconds_total", "loadtest:target_memory_bytes", "loadtest:target_pool_in_use_ratio"
#: The name that has the response times of all endpoints together, and the series that tell that there are some.
_EVERY_NAME, _ANY_RESPONSE = "(all)", f"{_RESPONSE}_sum"
#: A series of Prometheus that has no sample for this long is not there any more.
_STALE_MS = 15_000


class NotJudgedError(Exception):
    """The run has no judged part; the text says why."""


@dataclass(frozen=True)
class JudgedCounts:
    """What was counted; ``arrivals`` is how many were due, None where there are none, ``target`` what it used."""

    subjects: Mapping[Key, Subject]
    arrivals: float | None
    target: Mapping[str, float]


def judged_counts(source: Source) -> JudgedCounts:
    """Return what the series of a run count; raise NotJudgedError, and what the source raises."""
    marks = list(source(_is_mark))
    edges = _edges(marks)
    counters = _Counters(edges.moments_ms)
    for series in source(_is_counted):
        counters.add(series)
    arrivals = counters.sums(_ARRIVALS)
    return JudgedCounts(
        dict(counters.subjects(edges.clocks)),
        arrivals[-1] - arrivals[0] if arrivals else None,
        dict(_used(counters, marks, edges)),
    )


def _is_mark(labels: Labels) -> bool:
    name = labels.get("__name__")
    return name in {_BEGUN, _ENDED, _MEMORY, _POOL} or (name == _COUNT and labels.get("of") == CLOCK)


def _is_counted(labels: Labels) -> bool:
    name = labels.get("__name__", "")
    if name == _COUNT:
        return labels.get("of") in _OF_ALL
    if name in _TIMES:
        return labels.get("name") != _EVERY_NAME or name == _ANY_RESPONSE
    return name in {_REQUESTS, _ARRIVALS, _LEFT_OUT, TARGET_COUNTER} or _is_cpu_of_target(labels)


def _is_cpu_of_target(labels: Labels) -> bool:
    return labels.get("__name__") == _CPU and labels.get("job") == TARGET_JOB


@dataclass(frozen=True)
class _Edges:
    """The evaluations between which is counted, and up to when, by the generator's clock, each of them counted."""

    moments_ms: tuple[int, ...]
    clocks: tuple[float, ...]


def _edges(marks: Iterable[StoredSeries]) -> _Edges:
    """Return the edges of windows that are about as long as each other, for workers report when they do."""
    begun, ended, clock = (_samples(marks, name) for name in (_BEGUN, _ENDED, _COUNT))
    if not begun:
        raise NotJudgedError("its load ended before the judged part began")
    begin, end = begun[0][0], ended[0][0] if ended else math.inf
    judged = [(moment, value) for moment, value in clock if begin <= moment <= end]
    if not judged or judged[-1][1] <= judged[0][1]:
        raise NotJudgedError("nothing was counted in its judged part")
    chosen = _spread([value for _, value in judged])
    return _Edges(tuple(judged[index][0] for index in chosen), tuple(judged[index][1] for index in chosen))


def _spread(clocks: Sequence[float]) -> list[int]:
    """Return where the edges are among the evaluations: both ends, and those nearest to equal parts between them."""
    seconds = clocks[-1] - clocks[0]
    number = max(1, min(MAX_WINDOWS, int(seconds // MIN_WINDOW_SECONDS)))
    wanted = (clocks[0] + seconds * part / number for part in range(1, number))
    inner = {min(range(len(clocks)), key=lambda index: abs(clocks[index] - at)) for at in wanted}
    last = len(clocks) - 1
    return [0, *sorted(index for index in inner if clocks[0] < clocks[index] < clocks[last]), last]


def _samples(series: Iterable[StoredSeries], name: str) -> list[tuple[int, float]]:
    """Return the samples of a series that there is one of, oldest first, with their times in milliseconds."""
    found = [
        (moment, float(value))
        for each in series
        if each.labels.get("__name__") == name
        for moment, value in zip(each.times_ms, each.values, strict=True)
    ]
    return sorted((moment, value) for moment, value in found if not math.isnan(value))


class _Counters:
    """Counters at chosen moments: that of a series which was not there yet was 0."""

    def __init__(self, moments_ms: Sequence[int]) -> None:
        self._moments = tuple(moments_ms)
        self._has_response = False
        self._rows: dict[int, tuple[Labels, list[float]]] = {}
        self._left_out: dict[tuple[tuple[str, ...], str], int] = {}
        self._places: dict[int, tuple[tuple[int, ...], list[int]]] = {}

    def add(self, series: StoredSeries) -> None:
        """Take the samples of a series, or those that follow them."""
        places = self._places_in(series.times_ms)
        if series.labels.get("__name__") == _LEFT_OUT:
            if places[-1]:
                self._left_out[_place(series.labels), series.labels.get("why", "")] = series.times_ms[places[-1] - 1]
            return
        if series.labels.get("__name__") == _ANY_RESPONSE and series.labels.get("name") == _EVERY_NAME:
            self._has_response = True
            return
        _, at = self._rows.setdefault(id(series.labels), (series.labels, [0.0] * len(self._moments)))
        for index, place in enumerate(places):
            if place and not math.isnan(value := float(series.values[place - 1])):
                at[index] = value

    def _places_in(self, times_ms: tuple[int, ...]) -> list[int]:
        """Return how many of the times are not after each moment; many series share their times."""
        known = self._places.get(id(times_ms))
        if known is None:
            known = times_ms, [bisect_right(times_ms, moment) for moment in self._moments]
            self._places[id(times_ms)] = known
        return known[1]

    def sums(self, name: str) -> list[float]:
        """Return the sum of all series of a name at each moment; empty where there is none."""
        found = [at for labels, at in self._rows.values() if labels.get("__name__") == name]
        return [math.fsum(each) for each in zip(*found, strict=True)]

    def increases(self, name: str) -> float | None:
        """Return by how much the series of a name grew; one that began anew grew by what it has. None for none."""
        found = [at for labels, at in self._rows.values() if labels.get("__name__") == name]
        return math.fsum(at[-1] - at[0] if at[-1] >= at[0] else at[-1] for at in found) if found else None

    def subjects(self, clocks: Sequence[float]) -> Iterator[tuple[Key, Subject]]:
        """Yield all requests, and each endpoint that was asked in the judged part."""
        number = len(self._moments)
        latency, service = _Histogram(number), _Histogram(number)
        of_all = {of: [0.0] * number for of in ("requests", "failures")}
        by_endpoint: dict[Key, _Endpoint] = defaultdict(lambda: _Endpoint(number))
        left_out = {key for key, seen_ms in self._left_out.items() if self._moments[-1] - seen_ms <= _STALE_MS}
        without_time = {place for place, why in left_out if why == "no_time"}
        not_of_all = {place for place, _ in left_out}
        for labels, at in self._rows.values():
            name = labels.get("__name__", "")
            if name == _COUNT:
                _add(of_all[labels["of"]], at) if labels["of"] in of_all else latency.add(labels, at)
                continue
            endpoint, place = by_endpoint[labels.get("method", ""), labels.get("name", "")], _place(labels)
            if name == _REQUESTS:
                endpoint.count(labels, at)
            elif name in _TIMES and place not in without_time:
                endpoint.time(labels, at)
                if place not in not_of_all and name.startswith(_SERVICE):
                    service.add(labels, at)
        sent = service if self._has_response else None
        yield ALL, _subject(clocks, of_all["requests"], of_all["failures"], latency, sent)
        for key, each in by_endpoint.items():
            if each.requests[-1] > each.requests[0]:
                closer = (each.response, each.service) if each.response else (each.service, None)
                yield key, _subject(clocks, each.requests, each.failures, *closer)


class _Histogram:
    """The buckets of times and their sum, at each moment."""

    def __init__(self, moments: int) -> None:
        self._moments = moments
        self._sums = [0.0] * moments
        self._buckets: dict[float, list[float]] = {}

    def __bool__(self) -> bool:
        return bool(self._buckets)

    def add(self, labels: Labels, at: Sequence[float]) -> None:
        """Take a bucket, or a sum, of one series more."""
        edge = labels.get("le")
        _add(self._sums if edge is None else self._buckets.setdefault(float(edge), [0.0] * self._moments), at)

    def between(self, first: int, last: int) -> Times:
        """Return the times between two moments."""
        found, lower, below = [], 0.0, 0.0
        for upper in sorted(self._buckets):
            at = self._buckets[upper]
            within = max(below, at[last] - at[first])
            if within > below:
                found.append((lower, upper, within - below))
            lower, below = upper, within
        return Times(tuple(found), max(0.0, self._sums[last] - self._sums[first]) if found else 0.0)


class _Endpoint:
    """What was counted of an endpoint at each moment."""

    def __init__(self, moments: int) -> None:
        self.requests, self.failures = [0.0] * moments, [0.0] * moments
        self.service, self.response = _Histogram(moments), _Histogram(moments)

    def count(self, labels: Labels, at: Sequence[float]) -> None:
        _add(self.requests, at)
        if labels.get("outcome") == "failure":
            _add(self.failures, at)

    def time(self, labels: Labels, at: Sequence[float]) -> None:
        (self.service if labels["__name__"].startswith(_SERVICE) else self.response).add(labels, at)


def _subject(
    clocks: Sequence[float],
    requests: Sequence[float],
    failures: Sequence[float],
    latency: _Histogram,
    service: _Histogram | None,
) -> Subject:
    def stretch(first: int, last: int) -> Stretch:
        return Stretch(
            clocks[last] - clocks[first],
            max(0.0, requests[last] - requests[first]),
            max(0.0, failures[last] - failures[first]),
            latency.between(first, last),
            None if service is None else service.between(first, last),
        )

    last = len(clocks) - 1
    windows = tuple(stretch(*each) for each in pairwise(range(len(clocks)))) if last > 1 else ()
    return Subject(stretch(0, last), windows)


def _used(counters: _Counters, marks: Iterable[StoredSeries], edges: _Edges) -> Iterator[tuple[str, float]]:
    """Yield what the target used in the judged part, of that which is known."""
    cpu, requests = counters.increases(_CPU), counters.increases(TARGET_COUNTER)
    if cpu is not None and requests:
        yield "target_cpu_seconds_per_request", cpu / requests
    if cpu is not None and edges.moments_ms[-1] > edges.moments_ms[0]:
        yield "target_cpu_cores", cpu / ((edges.moments_ms[-1] - edges.moments_ms[0]) / 1000)
    begin, end = edges.moments_ms[0], edges.moments_ms[-1]
    of_memory, of_pool = ([each for each in marks if each.labels.get("__name__") == name] for name in (_MEMORY, _POOL))
    if memory := _at_each_time(of_memory, begin, end):
        yield "target_memory_bytes", max(map(math.fsum, memory))
    if pool := _at_each_time(of_pool, begin, end):
        yield "target_pool_in_use_ratio", math.fsum(map(max, pool)) / len(pool)


def _at_each_time(series: Iterable[StoredSeries], begin_ms: int, end_ms: int) -> list[list[float]]:
    """Return the values of all instances at each time between two, both included."""
    found: dict[int, list[float]] = defaultdict(list)
    for each in series:
        for moment, text in zip(each.times_ms, each.values, strict=True):
            if begin_ms <= moment <= end_ms and not math.isnan(value := float(text)):
                found[moment].append(value)
    return list(found.values())


def _place(labels: Labels) -> tuple[str, ...]:
    return tuple(labels.get(name, "") for name in ("method", "name", "outcome"))


def _add(to: list[float], at: Sequence[float]) -> None:
    for index, value in enumerate(at):
        to[index] += value
