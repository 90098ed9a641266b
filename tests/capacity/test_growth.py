"""Whether more arrives than is answered, from the response times of a step."""

from __future__ import annotations

from random import Random

import pytest

from swarmscope.capacity.growth import growth_of
from swarmscope.compare.summary import Stretch, Times


def window(mean: float, requests: float = 600.0) -> Stretch:
    return Stretch(3.0, requests, 0.0, Times(((0.0, 60.0, requests),), mean * requests))


def test_the_slope_is_what_arrives_beyond_what_is_answered() -> None:
    found = growth_of([window(0.02 + 0.05 * at) for at in (1.5, 4.5, 7.5, 10.5)])
    assert found is not None
    assert found.slope == pytest.approx(0.05)
    assert found.is_overload


def test_a_target_that_keeps_up_does_not_grow_however_slow_it_is() -> None:
    random = Random(2)
    alarms = 0
    for _ in range(1000):
        found = growth_of([window(random.gauss(0.4, 0.04)) for _ in range(5)])
        alarms += found is not None and found.is_overload
    assert alarms <= 10


def test_one_slow_window_is_not_growth() -> None:
    found = growth_of([window(mean) for mean in (0.02, 0.02, 0.02, 2.0)])
    assert found is not None
    assert not found.is_overload


def test_three_windows_do_not_tell() -> None:
    assert growth_of([window(mean) for mean in (0.1, 0.2, 0.3)]) is None
    assert growth_of([window(0.1)] * 5) is None, "nothing varies, so nothing grows"
