"""The account of what observing costs, by clocks that the tests move."""

from __future__ import annotations

from contextlib import suppress

import pytest

from swarmscope_exporter.overhead import REPORTS, SCRAPES, OwnCost


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cost(clock: Clock) -> OwnCost:
    return OwnCost(clock, clock)


def test_each_part_adds_up_and_a_block_within_another_is_counted_once(cost: OwnCost, clock: Clock) -> None:
    for _ in range(2):
        with cost.timed(SCRAPES):
            clock.now += 3
            with cost.timed(REPORTS):
                clock.now += 1
    assert cost.seconds() == {SCRAPES: 6.0, REPORTS: 2.0}
    assert cost.process_seconds() == 8.0


def test_a_block_that_raises_has_its_cost_all_the_same(cost: OwnCost, clock: Clock) -> None:
    with suppress(KeyError), cost.timed(REPORTS):
        clock.now += 1
        raise KeyError
    assert cost.seconds() == {REPORTS: 1.0}


def test_a_new_run_begins_at_0(cost: OwnCost, clock: Clock) -> None:
    with cost.timed(REPORTS):
        clock.now += 1
    cost.reset()
    assert (cost.seconds(), cost.process_seconds()) == ({}, 0.0)


def test_the_recorders_share_is_the_number_of_requests_times_the_measured_cost_of_one() -> None:
    cost = OwnCost()
    cost.calibrate()
    assert 0 < cost.record_seconds < 1e-3
    assert cost.seconds(requests=1000)["recorder"] == pytest.approx(1000 * cost.record_seconds)
