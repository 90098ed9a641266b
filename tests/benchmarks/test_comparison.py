"""The comparisons that are simulated: what is drawn is what was asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.comparison import ENDPOINTS, SHIFTS, World, pairs, runs, stretches
from swarmscope.compare.comparison import Answer
from swarmscope.compare.figures import quantile_of
from swarmscope.compare.summary import ALL


def test_the_requests_of_a_block_have_the_latencies_that_were_asked_for() -> None:
    levels = np.zeros((2, 3))
    levels[1, 1] = math.log(1.5)
    quiet, slow = stretches(np.random.default_rng(1), levels, 600.0, 0.5)
    key = ENDPOINTS[1]
    assert quiet[ALL].requests == pytest.approx(60_000, rel=0.02)
    assert quiet[ALL].latency.count == quiet[ALL].requests == sum(quiet[key].requests for key in ENDPOINTS)
    assert quiet[key].latency.mean_seconds == pytest.approx(0.06 * math.exp(0.125), rel=0.02)
    assert quantile_of(quiet[key].latency, 0.95) == pytest.approx(0.06 * math.exp(0.5 * 1.645), rel=0.03)
    assert slow[key].latency.mean_seconds == pytest.approx(0.09 * math.exp(0.125), rel=0.02)
    assert slow[ENDPOINTS[0]].latency.mean_seconds == pytest.approx(0.02 * math.exp(0.125), rel=0.02)


def test_pairs_are_compared_by_what_compares_real_ones() -> None:
    comparison = pairs(np.random.default_rng(2), 16, World(shift=0.5, of=(1,)))
    worse = {row.name for row in comparison.rows if row.answer is Answer.WORSE}
    assert comparison.unit == "pair"
    assert ENDPOINTS[1][1] in worse
    assert not {ENDPOINTS[0][1], ENDPOINTS[2][1]} & worse


def test_a_run_is_compared_with_its_baselines() -> None:
    comparison = runs(np.random.default_rng(3), 5, 0.01, 1.0)
    assert (len(comparison.a.runs), len(comparison.b.runs)) == (5, 1)
    assert comparison.answer is Answer.WORSE


def test_each_kind_of_shift_is_simulated() -> None:
    assert {world.shift for world in SHIFTS.values()} == {0.0, 0.05}
