"""Shifts, standard errors and p values, against what the papers and scipy say of the same numbers."""

from __future__ import annotations

import math
import random

import pytest
from scipy import stats

from swarmscope.compare import statistics

#: Differences in height of Darwin's 15 pairs of plants, in eighths of an inch (Fisher 1935).
DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]


def test_the_shift_of_pairs_is_the_median_of_their_walsh_averages() -> None:
    assert statistics.location([1.0, 2.0, 6.0]) == 2.75  # of 1, 1.5, 2, 3.5, 4, 6
    assert statistics.location([1.0, 2.0, 6.0], "mean") == 3.0


def test_one_outlier_hardly_moves_the_shift() -> None:
    assert statistics.location([0.01, 0.02, 0.03, 0.04, 0.05, 9.0]) == pytest.approx(0.035, abs=0.01)


def test_the_shift_between_two_samples_is_the_median_of_all_differences() -> None:
    assert statistics.shift_between([1.0, 2.0, 4.0], [5.0, 7.0]) == 3.5  # of 1, 3, 3, 4, 5, 6: 3, 4


def test_p_values_of_pairs_are_those_of_scipy_where_no_two_are_equal() -> None:
    above, below = statistics.signed_rank_chances(DARWIN)
    assert above == pytest.approx(stats.wilcoxon(DARWIN, alternative="greater", method="exact").pvalue)
    assert below == pytest.approx(stats.wilcoxon(DARWIN, alternative="less", method="exact").pvalue)


def test_p_values_of_pairs_hold_with_ties_and_zeros() -> None:
    # Ranks 2, 2, 2 of three signs: all positive in one case of eight, at least two of three in four of them.
    assert statistics.signed_rank_chances([0.0, 1.0, 0.0, 1.0, 1.0]) == (0.125, 1.0)
    assert statistics.signed_rank_chances([1.0, 1.0, -1.0])[0] == 0.5
    assert statistics.signed_rank_chances([0.0, 0.0]) == (1.0, 1.0)


def test_p_values_of_many_pairs_go_on_where_those_that_are_counted_out_end() -> None:
    dice = random.Random(2)
    values = [dice.gauss(0.2, 1) for _ in range(101)]
    counted = statistics.signed_rank_chances(values[:100])[0]
    assert statistics.signed_rank_chances(values)[0] == pytest.approx(
        stats.wilcoxon(values, alternative="greater", method="exact").pvalue, rel=0.05
    )
    assert counted == pytest.approx(
        stats.wilcoxon(values[:100], alternative="greater", method="exact").pvalue, rel=1e-6
    )


def test_holm_multiplies_the_lowest_by_all_and_never_turns_the_order_around() -> None:
    assert statistics.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert statistics.holm([0.9, 0.8]) == [1.0, 1.0]
    assert statistics.holm([]) == []


@pytest.mark.parametrize("of", ["median", "mean"])
@pytest.mark.parametrize("block", [1, 2])
def test_the_standard_error_is_that_of_independent_values(of: statistics.Location, block: int) -> None:
    dice = random.Random(3)
    found = [statistics.standard_error([dice.gauss(0, 1) for _ in range(40)], of, block) or 0 for _ in range(40)]
    assert sum(found) / len(found) == pytest.approx(1 / math.sqrt(40), rel=0.1)


def test_a_drift_that_turns_its_sign_within_each_quad_is_not_taken_for_noise() -> None:
    dice = random.Random(4)
    noise = [dice.gauss(0, 1) for _ in range(40)]
    drifting = [value + (3 if place % 2 else -3) for place, value in enumerate(noise)]
    alone, by_quads = (statistics.standard_error(drifting, "mean", block) or 0 for block in (1, 2))
    assert alone > 2.5 / math.sqrt(40)
    assert by_quads == pytest.approx(1 / math.sqrt(40), rel=0.4)


def test_the_standard_error_is_the_same_each_time() -> None:
    assert statistics.standard_error(DARWIN) == statistics.standard_error(DARWIN)


def test_the_standard_error_of_one_block_is_not_known_and_that_of_equal_values_is_zero() -> None:
    assert statistics.standard_error([1.0, 2.0, 3.0], block=2) is None
    assert statistics.standard_error([0.0] * 6, block=2) == 0.0


def test_an_interval_is_students() -> None:
    assert statistics.half_width(2.0, 10, 0.95) == pytest.approx(2 * 2.228, abs=0.001)


def test_p_values_of_runs_are_students() -> None:
    assert statistics.t_chances(2.228, 1.0, 10) == pytest.approx((0.025, 0.975), abs=1e-4)
    assert statistics.t_chances(0.0, 0.0, 4) == (1.0, 1.0)
    assert statistics.t_chances(0.1, 0.0, 4) == (0.0, 1.0)


def test_all_of_an_interval_has_to_be_within_the_margin() -> None:
    assert statistics.is_equivalent(-0.05, 0.05, 0.05)
    assert not statistics.is_equivalent(-0.051, 0.0, 0.05)
    assert not statistics.is_equivalent(0.0, 0.051, 0.05)


def test_the_fewest_that_are_enough_are_found_or_none() -> None:
    assert statistics.fewest(lambda count: count >= 37, 10_000) == 37
    assert statistics.fewest(lambda _: True, 10_000) == 1
    assert statistics.fewest(lambda _: False, 10_000) is None
