"""How often a comparison says same, better, worse or that it cannot tell, of simulated runs whose shift is known.

    python -m benchmarks.comparison pairs [--comparisons 2000] [--pairs 24 36] [--shifts none all one]
    python -m benchmarks.comparison runs [--comparisons 2000] [--baselines 5 10 20]

Each comparison goes through the code that compares real runs. Every request is drawn: 100/s arrive at random, at three
endpoints with medians of 20, 60 and 180 ms and a lognormal latency (sigma 0.5) that is like that of the request before
it, AR(1) with a coefficient of 0.5; 0.02 % fail. Over all this lies what a machine does: a level for each block of 15 s
that wanders, AR(1) with a coefficient of 0.9 and a standard deviation of 3 %, a jitter of 1 % for each block, and a
drift of 5 % from the start to the end of the run, up or down. Latencies are counted in the exporter's buckets.

"A/A" is a target against itself: every "worse" there is a false alarm. With "all", each latency of B is 5 % higher;
with "one", those of one endpoint. Single runs are 5 minutes long and differ from each other by a level of their own.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import lfilter

from swarmscope.compare.comparison import Answer, Comparison, Side
from swarmscope.compare.judge import PAIR_POLICY, RUN_POLICY, compare_pairs, compare_runs
from swarmscope.compare.summary import ALL, Conditions, Key, RunSummary, Stretch, Subject, Times
from swarmscope.compare.warm_up import all_of
from swarmscope_exporter.buckets import EDGES_SECONDS

Array = NDArray[np.float64]
ENDPOINTS: tuple[Key, ...] = (("GET", "/answer"), ("GET", "/chat"), ("POST", "/list"))
_MEDIANS_SECONDS = (0.02, 0.06, 0.18)
_RATE, _SIGMA, _FAILING = 100.0, 0.5, 0.0002
_SLOW_AR, _SLOW_SPREAD, _JITTER, _DRIFT = 0.9, 0.03, 0.01, 0.05
_JOB_LEVEL = 0.05
_RUN_WINDOWS, _WINDOW_SECONDS = 20, 15.0
_LOG_EDGES = np.log(EDGES_SECONDS)
_LOWER, _UPPER = (0.0, *EDGES_SECONDS), (*EDGES_SECONDS, math.inf)
_CONDITIONS = Conditions("shop", rate=_RATE)


@dataclass(frozen=True)
class World:
    """What is simulated: ``shift`` is by how much B is slower (0.05 is 5 %), ``of`` which endpoints.

    ``alike`` is the AR(1) coefficient of a request and the one before it. ``order`` is "ABBA", or "coin": each quad is
    ABBA or BAAB. ``every_minute`` has a job slow down one block of each minute.
    """

    shift: float = 0.0
    of: Sequence[int] = range(len(ENDPOINTS))
    alike: float = 0.5
    block_seconds: float = 15.0
    order: str = "ABBA"
    every_minute: bool = False


def stretches(random: Generator, levels: Array, seconds: float, alike: float) -> list[dict[Key, Stretch]]:
    """Draw the requests of blocks that follow each other; ``levels`` (blocks x endpoints) is added to log latencies."""
    blocks, kinds, buckets = len(levels), len(ENDPOINTS), len(_UPPER)
    requests = random.poisson(_RATE * seconds, blocks)
    noise = random.standard_normal(int(requests.sum()))
    noise[1:] *= math.sqrt(1 - alike**2)
    logs = _SIGMA * lfilter([1.0], [1.0, -alike], noise)
    kind = random.integers(0, kinds, len(logs))
    cell = np.repeat(np.arange(blocks), requests) * kinds + kind
    logs += (levels + np.log(_MEDIANS_SECONDS)).ravel()[cell]
    place = cell * buckets + np.searchsorted(_LOG_EDGES, logs)
    counts = np.bincount(place, minlength=blocks * kinds * buckets).reshape(blocks, kinds, buckets)
    sums = np.bincount(cell, np.exp(logs), blocks * kinds).reshape(blocks, kinds)
    failures = random.binomial(counts.sum(axis=2), _FAILING)
    return [_keyed(counts[block], sums[block], failures[block], seconds) for block in range(blocks)]


def _keyed(counts: NDArray[np.int64], sums: Array, failures: NDArray[np.int64], seconds: float) -> dict[Key, Stretch]:
    found = {ALL: _stretch(counts.sum(axis=0), sums.sum(), failures.sum(), seconds)}
    found |= {key: _stretch(counts[i], sums[i], failures[i], seconds) for i, key in enumerate(ENDPOINTS)}
    return found


def _stretch(counts: NDArray[np.int64], total: float, failures: float, seconds: float) -> Stretch:
    cells = tuple((_LOWER[i], _UPPER[i], float(counts[i])) for i in np.flatnonzero(counts).tolist())
    return Stretch(seconds, float(counts.sum()), float(failures), Times(cells, float(total)))


def pairs(random: Generator, count: int, world: World) -> Comparison:
    """Return one comparison of so many pairs."""
    blocks = 2 * count
    is_b = _order(random, blocks, world.order)
    slow = lfilter([1.0], [1.0, -_SLOW_AR], _stationary(random, blocks, _SLOW_AR)) * _SLOW_SPREAD
    drift = _DRIFT * random.choice([-1, 1]) * np.arange(blocks) / blocks
    level = slow + drift + _JITTER * random.standard_normal(blocks)
    if world.every_minute:
        every = round(60 / world.block_seconds)
        level[int(random.integers(every)) :: every] += _JOB_LEVEL
    levels = np.repeat(level[:, None], len(ENDPOINTS), axis=1)
    for endpoint in world.of:
        levels[is_b, endpoint] += math.log1p(world.shift)
    drawn = stretches(random, levels, world.block_seconds, world.alike)
    a, b = (
        Side(title, tuple(_summary(block) for block, on_side in zip(drawn, on, strict=True) if on_side))
        for title, on in (("A", ~is_b), ("B", is_b))
    )
    return compare_pairs(a, b, PAIR_POLICY)


def _stationary(random: Generator, count: int, coefficient: float) -> Array:
    noise = random.standard_normal(count)
    noise[1:] *= math.sqrt(1 - coefficient**2)
    return noise


def _order(random: Generator, blocks: int, order: str) -> NDArray[np.bool_]:
    quads = np.tile([False, True, True, False], (math.ceil(blocks / 4), 1))
    if order == "coin":
        quads ^= random.random((len(quads), 1)) < 0.5
    return np.asarray(quads.ravel()[:blocks])


def _summary(block: dict[Key, Stretch], windows: Sequence[dict[Key, Stretch]] = ()) -> RunSummary:
    subjects = {key: Subject(whole, tuple(window[key] for window in windows)) for key, whole in block.items()}
    return RunSummary("run", 0.0, "PASS", _CONDITIONS, subjects)


def runs(random: Generator, baselines: int, spread: float, shift: float) -> Comparison:
    """Return one comparison of a run with so many baseline runs, of which each has a level of its own."""

    def run(more: float) -> RunSummary:
        slow = lfilter([1.0], [1.0, -_SLOW_AR], _stationary(random, _RUN_WINDOWS, _SLOW_AR)) * _JITTER
        level = slow + spread * random.standard_normal() + math.log1p(more)
        windows = stretches(random, np.repeat(level[:, None], len(ENDPOINTS), axis=1), _WINDOW_SECONDS, 0.5)
        return _summary({key: _pooled([window[key] for window in windows]) for key in windows[0]}, windows)

    return compare_runs(Side("A", tuple(run(0.0) for _ in range(baselines))), Side("B", (run(shift),)), RUN_POLICY)


def _pooled(parts: Sequence[Stretch]) -> Stretch:
    return Stretch(
        sum(part.seconds for part in parts),
        sum(part.requests for part in parts),
        sum(part.failures for part in parts),
        all_of(part.latency for part in parts),
    )


@dataclass
class Tally:
    """What became of many comparisons."""

    answers: Counter[Answer]
    any_worse: int = 0
    any_better: int = 0
    covered: int = 0  #: intervals of the mean of all requests that hold the true shift
    half_widths: float = 0.0

    def add(self, comparison: Comparison, true_shift: float) -> None:
        answers = {row.answer for row in comparison.rows}
        self.answers[comparison.answer] += 1
        self.any_worse += Answer.WORSE in answers
        self.any_better += Answer.BETTER in answers
        shift = next(row.shift for row in comparison.rows if row.figure == "latency_mean_seconds")
        if shift and shift.low is not None and shift.high is not None:
            self.covered += shift.low <= true_shift <= shift.high
            self.half_widths += (shift.high - shift.low) / 2

    def cells(self) -> str:
        count = sum(self.answers.values())
        shares = [f"{self.answers[answer] / count:.1%}" for answer in Answer]
        told = [*shares, f"{self.any_worse} of {count:,}", f"{self.any_better} of {count:,}"]
        return " | ".join([*told, f"{self.covered / count:.1%}", f"{self.half_widths / count:.1%}"])


_HEAD = " | ".join(["same", "better", "worse", "cannot tell", "any worse", "any better", "covered", "± of the mean"])
SHIFTS = {
    "none": World(),
    "all": World(0.05),
    "one": World(0.05, (1,)),
    "alike": World(alike=0.8),
    "alike-all": World(0.05, alike=0.8),
    "alike-one": World(0.05, (1,), alike=0.8),
    "job": World(every_minute=True),
    "job-coin": World(every_minute=True, order="coin"),
    "coin": World(order="coin"),
}
_WORDS = {
    "none": "A/A",
    "all": "all 5 % slower",
    "one": "one endpoint 5 % slower",
    "alike": "A/A, coefficient 0.8",
    "alike-all": "all 5 % slower, coefficient 0.8",
    "alike-one": "one endpoint 5 % slower, coefficient 0.8",
    "job": "A/A, a job every minute",
    "job-coin": "A/A, a job every minute, ABBA or BAAB by chance",
    "coin": "A/A, ABBA or BAAB by chance",
}


def print_pairs(given: argparse.Namespace) -> None:
    print(f"| of B | pairs | {_HEAD} |\n|---|{'---|' * 9}", flush=True)
    for name in given.shifts:
        world = replace(SHIFTS[name], block_seconds=given.block)
        for count in given.pairs:
            random, tally, began = np.random.default_rng(20261201), Tally(Counter()), time.monotonic()
            true_shift = world.shift if len(world.of) == len(ENDPOINTS) else _share_of_one() * world.shift
            for _ in range(given.comparisons):
                tally.add(pairs(random, count, world), true_shift)
            print(f"| {_WORDS[name]} | {count} x {given.block:g} s | {tally.cells()} |", flush=True)
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


def _share_of_one() -> float:
    return _MEDIANS_SECONDS[1] / sum(_MEDIANS_SECONDS)


def print_runs(given: argparse.Namespace) -> None:
    print(f"| of B | runs differ by | baselines | {_HEAD} |\n|---|{'---|' * 10}", flush=True)
    for shift in given.sizes:
        for spread in given.spreads:
            for count in given.baselines:
                random, tally, began = np.random.default_rng(20261201), Tally(Counter()), time.monotonic()
                for _ in range(given.comparisons):
                    tally.add(runs(random, count, spread, shift), shift)
                of_b = f"{shift:.0%} slower" if shift else "A/A"
                print(f"| {of_b} | {spread:.0%} | {count} | {tally.cells()} |", flush=True)
                print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("unit", choices=("pairs", "runs"), nargs="?", default="pairs")
    parser.add_argument("--comparisons", type=int, default=2000, help="of each row (%(default)s)")
    parser.add_argument("--pairs", type=int, nargs="*", default=[12, 18, 24, 36, 40, 48])
    parser.add_argument("--block", type=float, default=15.0, help="seconds of each block (%(default)g)")
    parser.add_argument("--shifts", nargs="*", choices=list(SHIFTS), default=["none", "all", "one"])
    parser.add_argument("--baselines", type=int, nargs="*", default=[5, 10, 20])
    parser.add_argument("--spreads", type=float, nargs="*", default=[0.02])
    parser.add_argument("--sizes", type=float, nargs="*", default=[0.0, 0.05, 0.1, 0.2])
    given = parser.parse_args()
    (print_pairs if given.unit == "pairs" else print_runs)(given)


if __name__ == "__main__":
    main()
