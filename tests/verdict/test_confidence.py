"""How sure a measured objective is: bounds by hand-computed figures, and what correlation does to them."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmscope.verdict.confidence import (
    Counted,
    Observations,
    effective_samples,
    mean_interval,
    quantile_interval,
    share_interval,
    stricter,
)

WITHIN = {0.1: 900.0, 0.2: 960.0, 0.3: 1000.0, math.inf: 1000.0}


def seen(part: float, whole: float, *windows: tuple[float, float], seconds: float = 30.0) -> Observations:
    return Observations(Counted(part, whole), tuple(Counted(*each) for each in windows), seconds)


class TestShares:
    @pytest.mark.parametrize(
        ("allowed", "fewest", "confidence"),
        [(0.05, 59, 0.95), (0.01, 299, 0.95), (0.001, 2995, 0.95), (0.05, 90, 0.99)],
    )
    def test_without_one_beyond_the_fewest_samples_decide(self, allowed: float, fewest: int, confidence: float) -> None:
        # 1 - allowed to the power of n is at most 1 - confidence.
        enough, few = (share_interval(seen(0, n), allowed, confidence) for n in (fewest, fewest - 1))
        assert enough.high is not None
        assert few.high is not None
        assert enough.high <= allowed < few.high

    def test_the_bounds_are_those_of_clopper_and_pearson(self) -> None:
        # One-sided 95 % bounds of 10 in 100, from published tables (two-sided 90 %).
        found = share_interval(seen(10, 100), 0.2, 0.95)
        assert found.low == pytest.approx(0.0553, abs=1e-4)
        assert found.high == pytest.approx(0.1637, abs=1e-4)
        assert found.effective_samples == 100

    def test_all_beyond_has_an_upper_bound_of_one(self) -> None:
        assert share_interval(seen(50, 50), 0.05, 0.95).high == 1.0

    def test_what_more_is_needed_decides(self) -> None:
        few = share_interval(seen(2, 100), 0.05, 0.95)
        assert few.more_samples is not None
        assert few.more_seconds == pytest.approx(30.0 * few.more_samples / 100, rel=0.05)
        more = share_interval(seen(0.02 * (100 + few.more_samples), 100 + few.more_samples), 0.05, 0.95)
        assert more.high == pytest.approx(0.05, rel=0.01)

    def test_a_share_on_its_limit_is_never_decided(self) -> None:
        found = share_interval(seen(50, 1000), 0.05, 0.95)
        assert found.high is not None
        assert found.high > 0.05
        assert (found.more_samples, found.more_seconds) == (None, None)

    @given(st.integers(0, 500), st.integers(1, 5000), st.sampled_from([0.9, 0.95, 0.99]))
    def test_bounds_surround_the_share_and_widen_with_the_confidence(
        self, part: int, whole: int, confidence: float
    ) -> None:
        found = share_interval(seen(min(part, whole), whole), 0.05, confidence)
        surer = share_interval(seen(min(part, whole), whole), 0.05, (1 + confidence) / 2)
        assert found.low is not None
        assert found.high is not None
        assert surer.low is not None
        assert surer.high is not None
        assert surer.low <= found.low <= min(part, whole) / whole <= found.high <= surer.high


class TestCorrelation:
    EVEN = tuple((5.0, 100.0) for _ in range(20))
    BURST = ((100.0, 100.0), *((0.0, 100.0) for _ in range(19)))

    def test_evenly_spread_observations_count_each(self) -> None:
        assert effective_samples(seen(100, 2000, *self.EVEN), 0.05, 0.95) == 2000

    def test_those_of_one_burst_count_for_little(self) -> None:
        # Spread around 5 % of each window: (100 - 5)^2 + 19 x 5^2 = 9500; binomial variance: 2000 x 0.05 x 0.95 = 95;
        # of 20 windows: t(19, 95 %) = 1.7291 where a known variance has 1.6449.
        expected = 2000 * 95 / 9500 / (1.7291 / 1.6449) ** 2
        assert effective_samples(seen(100, 2000, *self.BURST), 0.05, 0.95) == pytest.approx(expected, rel=1e-3)

    def test_too_few_windows_say_nothing(self) -> None:
        assert effective_samples(seen(100, 700, *self.BURST[:7]), 0.05, 0.95) == 700

    @pytest.mark.parametrize("allowed", [0.5, 0.05, 0.01, 0.001])
    @pytest.mark.parametrize("windows", [8, 20])
    @pytest.mark.parametrize("share", [0.0, 0.02, 0.2])
    @pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
    def test_what_is_far_from_its_limit_is_decided_however_long_the_run(
        self, allowed: float, windows: int, share: float, confidence: float
    ) -> None:
        whole = 1e7
        part = share * allowed * whole
        even = [(part / windows, whole / windows)] * windows
        found = share_interval(seen(part, whole, *even), allowed, confidence)
        assert found.high is not None
        assert found.high <= allowed


class TestQuantiles:
    def test_the_bound_is_on_or_below_an_edge_exactly_if_the_share_over_it_is_decided(self) -> None:
        for whole in (20, 59, 100, 1000, 5000):
            for share in (0.0, 0.01, 0.03, 0.04, 0.05, 0.06):
                over = round(share * whole)
                within = {0.1: 0.5 * whole, 0.2: whole - over, 0.3: float(whole), math.inf: float(whole)}
                found = quantile_interval(seen(over, whole), within, 0.95, 0.95)
                decided = share_interval(seen(over, whole), 0.05, 0.95).high
                assert decided is not None
                assert (found.high is not None and found.high <= 0.2) == (decided <= 0.05), (whole, over)

    def test_both_bounds_lie_around_the_quantile_between_edges(self) -> None:
        found = quantile_interval(seen(40, 1000), WITHIN, 0.95, 0.95)
        assert found.low == pytest.approx(0.1639, abs=1e-4)
        assert found.high == pytest.approx(0.2036, abs=1e-4)

    def test_too_few_observations_have_no_upper_bound(self) -> None:
        found = quantile_interval(seen(0, 20), {0.1: 20.0, math.inf: 20.0}, 0.95, 0.95)
        assert found.high is None
        assert found.more_samples == 39

    def test_a_quantile_beyond_the_last_edge_has_no_upper_bound(self) -> None:
        found = quantile_interval(seen(900, 1000), {0.1: 100.0, math.inf: 1000.0}, 0.95, 0.95)
        assert (found.low, found.high) == (0.1, None)

    def test_the_width_shrinks_with_the_root_of_the_samples(self) -> None:
        widths = []
        for whole in (1000, 4000, 16000):
            within = {0.1: 0.5 * whole, 0.2: 0.98 * whole, 0.3: 1.0 * whole, math.inf: 1.0 * whole}
            found = quantile_interval(seen(0.02 * whole, whole), within, 0.95, 0.95)
            assert found.high is not None
            assert found.low is not None
            widths.append(found.high - found.low)
        assert all(wide / narrow == pytest.approx(2.0, rel=0.15) for wide, narrow in pairwise(widths))


class TestMeans:
    def test_the_bounds_are_those_of_batch_means(self) -> None:
        # Means of 5 windows of 10: 1, 2, 3, 4, 5. s = sqrt(2.5), t(4, 95 %) = 2.1318, half = 2.1318 x sqrt(2.5 / 5).
        found = mean_interval(seen(150, 50, *((10.0 * mean, 10.0) for mean in range(1, 6))), 10.0, 0.95)
        assert found.low == pytest.approx(3 - 1.5074, abs=1e-3)
        assert found.high == pytest.approx(3 + 1.5074, abs=1e-3)
        assert found.effective_samples == 5

    def test_a_short_run_has_no_bounds_and_says_how_long_it_has_to_be(self) -> None:
        found = mean_interval(seen(150, 50, seconds=9.0), 10.0, 0.95)
        assert (found.low, found.high, found.more_seconds) == (None, None, 6.0)

    def test_what_more_is_needed_grows_with_the_square(self) -> None:
        windows = tuple((10.0 * mean, 10.0) for mean in range(1, 6))
        found = mean_interval(seen(150, 50, *windows), 3.75, 0.95)  # half of the room that the bound takes
        assert found.more_seconds == pytest.approx(30.0 * ((1.5074 / 0.75) ** 2 - 1), rel=0.01)


def test_several_looks_share_what_may_go_wrong() -> None:
    assert stricter(0.95, 5) == pytest.approx(0.99)
    assert stricter(0.95, 1) == 0.95
