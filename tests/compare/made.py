"""Blocks and runs made by hand: latencies that are known, counted in the exporter's buckets."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from swarmscope.compare.comparison import Comparison, Row, Side
from swarmscope.compare.summary import ALL, Conditions, Key, RunSummary, Stretch, Subject, Times
from swarmscope_exporter.buckets import EDGES_SECONDS

CHAT: Key = ("GET", "/chat")
LIST: Key = ("POST", "/list")


@dataclass(frozen=True)
class Load:
    """What an endpoint did: its median in seconds, how many requests, how many of these failed."""

    seconds: float = 0.1
    requests: int = 400
    failures: float = 0.0


def stretch(load: Load, seconds: float = 15.0) -> Stretch:
    """Return requests whose latencies have the same lognormal shape each time (sigma 0.5)."""
    counts: Counter[int] = Counter()
    total = 0.0
    for place in range(load.requests):
        latency = load.seconds * math.exp(0.5 * _normal((place + 0.5) / load.requests))
        counts[bisect_left(EDGES_SECONDS, latency)] += 1
        total += latency
    lower, upper = (0.0, *EDGES_SECONDS), (*EDGES_SECONDS, math.inf)
    cells = tuple((lower[each], upper[each], float(counts[each])) for each in sorted(counts))
    return Stretch(seconds, float(load.requests), load.failures, Times(cells, total))


def _normal(chance: float) -> float:
    """Return a normal deviate by its chance, near enough: the logistic one."""
    return math.log(chance / (1 - chance)) / 1.702


def together(parts: Sequence[Stretch]) -> Stretch:
    counts: Counter[tuple[float, float]] = Counter()
    for part in parts:
        for low, high, count in part.latency.buckets:
            counts[low, high] += int(count)
    times = Times(
        tuple((low, high, float(count)) for (low, high), count in sorted(counts.items())),
        math.fsum(part.latency.sum_seconds for part in parts),
    )
    requests, failures = sum(part.requests for part in parts), sum(part.failures for part in parts)
    return Stretch(parts[0].seconds, requests, failures, times)


def summary(loads: Mapping[Key, Load], windows: Sequence[Mapping[Key, Load]] = (), **target: float) -> RunSummary:
    whole = _subjects(loads)
    parts = [_subjects(window) for window in windows]
    return RunSummary(
        run_id="run",
        began_seconds=0.0,
        verdict="PASS",
        conditions=Conditions("shop"),
        subjects={key: Subject(whole[key], tuple(part[key] for part in parts)) for key in whole},
        target=target,
    )


def _subjects(loads: Mapping[Key, Load]) -> dict[Key, Stretch]:
    found = {key: stretch(load) for key, load in loads.items()}
    return {ALL: together(list(found.values())), **found} if found else {ALL: Stretch(15.0, 0.0, 0.0, Times())}


def noisy(loads: Mapping[Key, Load], times: float, dice: random.Random, noise: float = 0.01) -> dict[Key, Load]:
    """Return the loads at so many times their latency, give or take."""
    return {
        key: replace(load, seconds=load.seconds * times * math.exp(dice.gauss(0, noise))) for key, load in loads.items()
    }


def side(title: str, runs: Sequence[RunSummary]) -> Side:
    return Side(title, tuple(runs))


def sides(
    count: int, of_a: Mapping[Key, Load], of_b: Mapping[Key, Load], noise: float = 0.01, seed: int = 1
) -> tuple[Side, Side]:
    """Return so many blocks of each side."""
    dice = random.Random(seed)
    blocks_a = [summary(noisy(of_a, 1.0, dice, noise)) for _ in range(count)]
    blocks_b = [summary(noisy(of_b, 1.0, dice, noise)) for _ in range(count)]
    return side("A", blocks_a), side("B", blocks_b)


def row_of(comparison: Comparison, figure: str, key: Key = ALL) -> Row:
    found = [row for row in comparison.rows if row.figure == figure and (row.method, row.name) == key]
    assert len(found) == 1, [(row.figure, row.method, row.name) for row in comparison.rows]
    return found[0]
