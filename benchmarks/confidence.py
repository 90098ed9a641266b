"""How often the judge passes, fails and is undecided, on simulated runs whose true values are known.

    python -m benchmarks.confidence [--runs 10000]

Each row judges so many runs by the code that judges real ones. A threshold of 300 ms stands on the true p95 of the
latency (lognormal), or that share above or below it; 5 % of the requests may fail. Requests are independent, follow an
AR(1) process, or are slow in bursts. PASS on the threshold itself is a false PASS: at most 5 % at a confidence of 95 %.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter
from scipy.special import ndtri

from swarmscope.objectives import Objective
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.confidence import MAX_WINDOWS, Counted, Observations
from swarmscope.verdict.counts import CountTable, counts_of, interval_of
from swarmscope.verdict.decide import status_of
from swarmscope_exporter.buckets import EDGES_SECONDS

THRESHOLD_SECONDS, ALLOWED_FAILURES = 0.3, 0.05
_SIGMA, _Q95 = 0.5, float(ndtri(0.95))
_AR, _BURST_REQUESTS, _BURST_SHARE, _BURST_TIMES = 0.8, 5.0, 0.1, 5.0
_CHUNK = 10_000_000
Draw = Callable[[Generator, int, int], NDArray[np.float64]]


def independent(random: Generator, runs: int, requests: int) -> NDArray[np.float64]:
    """Return normal deviates, each of its own."""
    return random.standard_normal((runs, requests))


def autoregressive(random: Generator, runs: int, requests: int) -> NDArray[np.float64]:
    """Return normal deviates of an AR(1) process with a coefficient of 0.8: each is like those before it."""
    noise = random.standard_normal((runs, requests))
    noise[:, 1:] *= np.sqrt(1 - _AR**2)
    return np.asarray(lfilter([1.0], [1.0, -_AR], noise, axis=1))


def bursty(random: Generator, runs: int, requests: int) -> NDArray[np.float64]:
    """Return normal deviates of which the highest 5 % come in bursts of 5 requests on average."""
    slow = _in_bursts(random, runs, requests)
    tail = 0.05
    of_burst = tail * _BURST_TIMES
    outside = (tail - _BURST_SHARE * of_burst) / (1 - _BURST_SHARE)
    beyond = random.random((runs, requests)) < np.where(slow, of_burst, outside)
    place = random.random((runs, requests))
    return np.asarray(ndtri(np.where(beyond, 1 - tail * place, (1 - tail) * place)))


def _in_bursts(random: Generator, runs: int, requests: int) -> NDArray[np.bool_]:
    """Return which requests are in a burst: a Markov chain with two states."""
    ends, begins = 1 / _BURST_REQUESTS, _BURST_SHARE / (1 - _BURST_SHARE) / _BURST_REQUESTS
    changes = random.random((requests, runs))
    state = random.random(runs) < _BURST_SHARE
    states = np.empty((requests, runs), dtype=np.bool_)
    for step in range(requests):
        state = np.where(state, changes[step] >= ends, changes[step] < begins)
        states[step] = state
    return states.T


KINDS: dict[str, Draw] = {"independent": independent, "AR(1)": autoregressive, "bursty": bursty}


@dataclass(frozen=True)
class Row:
    """What became of the runs of one kind."""

    statuses: Counter[str]
    width_seconds: float


def latency_row(random: Generator, kind: str, requests: int, shift: float, runs: int) -> Row:
    """Judge a p95 whose true value is ``shift`` above the threshold (0.1: 10 %)."""
    center = np.log(THRESHOLD_SECONDS * (1 + shift)) - _SIGMA * _Q95
    objective = Objective("latency_p95_seconds", "max", "critical", THRESHOLD_SECONDS, None, None, confidence=0.95)
    statuses: Counter[str] = Counter()
    widths: list[float] = []
    edges = np.array(EDGES_SECONDS)
    for normal in _chunks(random, KINDS[kind], requests, runs):
        slow = center + _SIGMA * normal > np.log(THRESHOLD_SECONDS)
        for latencies, seen in zip(np.exp(center + _SIGMA * normal), _seen(slow), strict=True):
            counts = np.searchsorted(np.sort(latencies), edges, side="right")
            within = {float(edge): float(count) for edge, count in zip(edges, counts, strict=False)}
            within[np.inf] = float(requests)
            table = CountTable(
                Series({"of": "latency_bucket", "le": str(edge)}, (Sample(0.0, count),))
                for edge, count in within.items()
            )
            judged = _judged(objective, seen, table, _quantile(edges, counts, requests))
            statuses[status_of(judged, ()).value] += 1
            if judged.interval and judged.interval.high and judged.interval.low:
                widths.append(judged.interval.high - judged.interval.low)
    return Row(statuses, float(np.mean(widths)) if widths else float("nan"))


def error_row(random: Generator, kind: str, requests: int, shift: float, runs: int) -> Row:
    """Judge an error ratio whose true value is ``shift`` above the 5 % that are allowed."""
    objective = Objective("error_ratio", "max", "critical", ALLOWED_FAILURES, None, None, confidence=0.95)
    beyond = -float(ndtri(ALLOWED_FAILURES * (1 + shift)))
    statuses: Counter[str] = Counter()
    widths: list[float] = []
    for normal in _chunks(random, KINDS[kind], requests, runs):
        for seen in _seen(normal > beyond):
            judged = _judged(objective, seen, CountTable(()), seen.total.ratio)
            statuses[status_of(judged, ()).value] += 1
            if judged.interval and judged.interval.high is not None and judged.interval.low is not None:
                widths.append(judged.interval.high - judged.interval.low)
    return Row(statuses, float(np.mean(widths)))


def _chunks(random: Generator, draw: Draw, requests: int, runs: int) -> Iterator[NDArray[np.float64]]:
    while runs > 0:
        several = min(runs, max(1, _CHUNK // requests))
        yield draw(random, several, requests)
        runs -= several


def _seen(beyond: NDArray[np.bool_]) -> Iterator[Observations]:
    """Yield what the judge reads of each run: the whole of it, and 20 windows."""
    requests = beyond.shape[1]
    edges = np.linspace(0, requests, MAX_WINDOWS + 1).astype(int)
    parts = np.add.reduceat(beyond, edges[:-1], axis=1, dtype=np.int64)
    sizes = np.diff(edges).astype(float)
    for of_run in parts.astype(float):
        windows = tuple(map(Counted, of_run.tolist(), sizes.tolist()))
        yield Observations(Counted(float(of_run.sum()), float(requests)), windows, seconds=60.0)


def _judged(objective: Objective, seen: Observations, table: CountTable, measured: float) -> Objective:
    objective = replace(objective, measured=measured)
    counts = counts_of(objective)
    assert counts is not None
    return replace(objective, interval=interval_of(objective, counts, seen, table))


def _quantile(edges: NDArray[np.float64], counts: NDArray[np.int64], requests: int) -> float:
    """Return the p95 as Prometheus interpolates it."""
    rank = 0.95 * requests
    place = int(np.searchsorted(counts, rank))
    if place >= len(edges):
        return float(edges[-1])
    low, below = (edges[place - 1], counts[place - 1]) if place else (0.0, 0)
    return float(low + (edges[place] - low) * (rank - below) / (counts[place] - below))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000, help="simulated runs of each row (%(default)s)")
    parser.add_argument("--requests", type=int, nargs="*", default=[500, 2000, 10_000, 50_000])
    given = parser.parse_args()
    random = np.random.default_rng(20261130)
    print("| objective | requests | process | true value | PASS | undecided | FAIL | width of the interval |")
    print("|---|---|---|---|---|---|---|---|")
    for title, row_of in (("latency p95", latency_row), ("error ratio", error_row)):
        for requests in given.requests:
            for kind in KINDS:
                for shift in (-0.1, -0.03, 0.0, 0.03, 0.1):
                    row = row_of(random, kind, requests, shift, given.runs)
                    shares = [row.statuses[status] / given.runs for status in ("PASS", "UNDECIDED", "FAIL")]
                    width = (
                        f"{row.width_seconds * 1000:.3g} ms" if title == "latency p95" else f"{row.width_seconds:.3%}"
                    )
                    told = " | ".join(f"{share:.1%}" for share in shares)
                    print(f"| {title} | {requests:,} | {kind} | {_told(shift)} | {told} | {width} |", flush=True)


def _told(shift: float) -> str:
    return "on the threshold" if not shift else f"{abs(shift):.0%} {'above' if shift > 0 else 'below'}"


if __name__ == "__main__":
    main()
