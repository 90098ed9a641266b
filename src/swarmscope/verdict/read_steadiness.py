"""Reads windows of throughput and of p50 over the judged part of a run, from the counts that the rules recorded."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import INTERVAL_SECONDS
from swarmscope.prometheus.series import Series
from swarmscope.verdict.evidence import RunFacts
from swarmscope.verdict.steadiness import MIN_WINDOWS, Steadiness, Window, steadiness
from swarmscope_exporter.run_ids import escaped, series_of

_WINDOWS = 20
#: Shorter windows would hold no evaluation, or no report of the workers.
_MIN_WINDOW_SECONDS = 3.0
_CLOCK, _REQUESTS, _USERS, _ARRIVALS = "clock_seconds", "requests", "users", "arrivals"
#: What the load was asked to be may vary by this much, and is the same.
_SAME_LOAD_RATIO = 0.1
#: What is recorded is so much older than the moment, by a scrape and an evaluation.
_BEHIND_SECONDS = 2 * INTERVAL_SECONDS


def read_steadiness_of(prometheus: PrometheusApi, run: RunFacts) -> Steadiness | None:
    """Return since when a run was steady in its judged phase; None for one with a spike, and see `read_steadiness`."""
    begin = run.phases.get("steady")
    ends = [run.phases[phase] for phase in ("recovery", "stopping", "done") if phase in run.phases]
    end = min(ends, default=run.end_seconds)
    if begin is None or end is None or "spike" in run.phases:
        return None
    return read_steadiness(prometheus, run.run_id, begin, end)


def read_steadiness(
    prometheus: PrometheusApi, run_id: str, begin_seconds: float, end_seconds: float
) -> Steadiness | None:
    """Return since when the run was steady between two times, in seconds since the epoch.

    None where that is too short to tell, and where the load itself was to change: users in stages, rates in steps.
    Raise PrometheusUnavailableError.
    """
    first_seconds = begin_seconds + _BEHIND_SECONDS
    step = _step(end_seconds - first_seconds)
    if (end_seconds - first_seconds) / step < MIN_WINDOWS:
        return None

    def asked(query: str) -> tuple[Series, ...]:
        return prometheus.over_time(query, first_seconds, end_seconds, step)

    buckets = asked(series_of(run_id, "loadtest:count", of="latency_bucket"))
    points = _points(asked(_counts(run_id)), buckets)
    found = steadiness(_windows(points, begin_seconds)) if _load_is_the_same(points) else None
    if found is None or found.shifts:
        return found
    return replace(found, since_seconds=begin_seconds, begin_seconds=begin_seconds)  # windows begin a little later


def _step(length_seconds: float) -> float:
    """Return the length of a window: whole intervals of evaluation, but for short runs."""
    intervals = math.ceil(length_seconds / _WINDOWS / INTERVAL_SECONDS)
    return max(_MIN_WINDOW_SECONDS, intervals * INTERVAL_SECONDS)


def _counts(run_id: str) -> str:
    """Return the query of requests, of the clock that they were counted by, and of the load that was asked for."""
    run = f'{{run_id="{escaped(run_id)}"}}'
    counts = series_of(run_id, "loadtest:count", f'of=~"{_REQUESTS}|{_CLOCK}"')
    others = {_USERS: "loadtest_users_target", _ARRIVALS: "loadtest_arrivals_scheduled_total"}
    named = (
        f'label_replace(sum(last_over_time({metric}{run}[10s])), "of", "{of}", "", "")' for of, metric in others.items()
    )
    return " or ".join((f"max by (of) ({counts})", *named))


@dataclass(frozen=True)
class _Point:
    """What had been counted by a moment: ``counts`` by name, ``buckets`` by their upper edges in seconds."""

    seconds: float
    counts: Mapping[str, float]
    buckets: Mapping[float, float]

    @property
    def clock(self) -> float:
        """The moment by the clock of the generator, which its counts are of."""
        return self.counts[_CLOCK]


def _points(counts: Sequence[Series], buckets: Sequence[Series]) -> list[_Point]:
    """Return the moments at which requests and clock are known, in order of time."""
    known: dict[float, dict[str, float]] = {}
    for series in counts:
        for sample in series.samples:
            known.setdefault(sample.timestamp_seconds, {})[series.labels.get("of", "")] = sample.value
    below: dict[float, dict[float, float]] = {}
    for series in buckets:
        edge = float(series.labels.get("le", "+Inf"))
        for sample in series.samples:
            below.setdefault(sample.timestamp_seconds, {})[edge] = sample.value
    complete = (at for at, of in sorted(known.items()) if {_REQUESTS, _CLOCK} <= of.keys())
    return [_Point(at, known[at], below.get(at, {})) for at in complete]


def _load_is_the_same(points: Sequence[_Point]) -> bool:
    """Return whether as many users, and as many arrivals a second, were asked for from beginning to end."""
    users = [point.counts[_USERS] for point in points if _USERS in point.counts]
    if users and min(users) < (1 - _SAME_LOAD_RATIO) * max(users):
        return False
    arrivals = [
        Window(before.seconds, after.seconds, after.counts[_ARRIVALS] - before.counts[_ARRIVALS])
        for before, after in pairwise(points)
        if _ARRIVALS in before.counts and _ARRIVALS in after.counts
    ]
    found = steadiness(arrivals)
    return found is None or not found.shifts


def _windows(points: Sequence[_Point], begin_seconds: float) -> list[Window]:
    """Return what was counted between neighboring moments; what was counted before the beginning is left out."""
    return [
        _window(before, after)
        for before, after in pairwise(points)
        if before.clock >= begin_seconds and after.clock > before.clock
    ]


def _window(before: _Point, after: _Point) -> Window:
    edges = sorted(after.buckets)
    counts = [after.buckets[edge] - before.buckets.get(edge, 0.0) for edge in edges]
    requests = after.counts[_REQUESTS] - before.counts[_REQUESTS]
    times = counts[-1] if counts else 0.0
    if times <= 0:
        return Window(before.clock, after.clock, requests)
    # The order statistics around the median that are a standard error of its place away: binomial.
    off = 0.5 / math.sqrt(times)
    low, middle, high = (_quantile(edges, counts, level) for level in (max(0.0, 0.5 - off), 0.5, min(1.0, 0.5 + off)))
    return Window(before.clock, after.clock, requests, middle, (high - low) / 2)


def _quantile(edges: Sequence[float], counts: Sequence[float], level: float) -> float:
    """Return a quantile by linear interpolation in its bucket, as histogram_quantile of PromQL has it."""
    rank, begin, below = level * counts[-1], 0.0, 0.0
    for edge, count in zip(edges, counts, strict=True):
        if count >= rank and count > below:
            return begin if math.isinf(edge) else begin + (edge - begin) * max(0.0, rank - below) / (count - below)
        begin, below = edge, count
    return begin
