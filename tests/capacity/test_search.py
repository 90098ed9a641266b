"""The search for a capacity, against targets whose limit is known."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest

from swarmscope.capacity.search import End, Ended, Limits, Try, next_load
from swarmscope.capacity.step import StepOutcome

RATES = Limits(50, 10_000)
Target = Callable[[float], StepOutcome]


def searched(target: Target, limits: Limits = RATES) -> tuple[Ended, list[float]]:
    tries: list[Try] = []
    while not isinstance(load := next_load(tries, limits), Ended):
        tries.append(Try(load, target(load)))
    return load, [each.load for each in tries]


def carries(most: float, spread: float = 0.0, random: Random | None = None) -> Target:
    """Return a target that holds up to a load which is another each time, by ``spread``."""
    drawn = random or Random(1)
    return lambda load: StepOutcome.HELD if load <= most * math.exp(drawn.gauss(0, spread)) else StepOutcome.BROKE


def test_the_load_is_doubled_then_halved_and_both_ends_are_repeated() -> None:
    ended, loads = searched(carries(437))
    assert loads == [50, 100, 200, 400, 800, 566, 476, 436, 456, 436, 456, 436, 456]
    assert ended == Ended(End.SETTLED, 436, 456)


@pytest.mark.parametrize("most", [3.5, 20, 51, 99, 101, 437, 5120, 9400])
def test_a_limit_lies_within_the_interval_which_is_as_close_as_was_asked_for(most: float) -> None:
    ended, loads = searched(carries(most))
    assert ended.end is End.SETTLED
    assert ended.low is not None
    assert ended.high is not None
    assert ended.low <= most < ended.high <= ended.low * 1.05
    assert loads.count(ended.low) >= 3
    assert loads.count(ended.high) >= 3
    assert len(loads) <= RATES.usual_steps + 6, "below the first load it takes longer"


@pytest.mark.parametrize(("spread", "share"), [(0.01, 1.0), (0.02, 1.0), (0.05, 0.97), (0.1, 0.9)])
def test_a_limit_that_varies_makes_the_interval_wider_and_seldom_wrong(spread: float, share: float) -> None:
    random, right, widths = Random(7), 0, []
    for _ in range(300):
        most = math.exp(random.uniform(math.log(60), math.log(5000)))
        ended, loads = searched(carries(most, spread, random))
        assert len(loads) <= RATES.most_steps
        if ended.end is not End.SETTLED or ended.low is None or ended.high is None:
            continue
        right += ended.low * 0.95 <= most <= ended.high * 1.05
        widths.append(ended.high / ended.low - 1)
    assert right / 300 >= share
    assert sum(widths) / len(widths) >= min(0.05, spread)


def test_a_load_that_broke_once_and_held_twice_is_within_the_interval() -> None:
    times = {436: 0}

    def target(load: float) -> StepOutcome:
        if load == 436:
            times[436] += 1
            return StepOutcome.BROKE if times[436] == 2 else StepOutcome.HELD
        return carries(437)(load)

    ended, _ = searched(target)
    assert ended.low is not None
    assert ended.low < 436 < (ended.high or 0)


def test_a_single_break_far_below_the_limit_does_not_end_there() -> None:
    broken = [100.0]

    def target(load: float) -> StepOutcome:
        if load in broken:
            broken.remove(load)
            return StepOutcome.BROKE
        return carries(437)(load)

    ended, _ = searched(target)
    assert ended.low is not None
    assert 415 < ended.low <= 437 < (ended.high or 0) < 460


def test_undecided_loads_are_on_neither_side() -> None:
    def target(load: float) -> StepOutcome:
        if 420 <= load <= 450:
            return StepOutcome.UNDECIDED
        return carries(437)(load)

    ended, _ = searched(target)
    assert ended.end is End.SETTLED
    assert ended.low is not None
    assert ended.high is not None
    assert ended.low < 420
    assert ended.high > 450


def test_at_the_highest_load_that_is_allowed_it_says_at_least() -> None:
    ended, loads = searched(carries(10_000), Limits(50, 300))
    assert (ended, loads) == (Ended(End.HIGHEST_HELD, 300, None), [50, 100, 200, 300, 300, 300])


def test_what_holds_no_load_ends_after_three() -> None:
    ended, loads = searched(carries(0.1))
    assert (ended.end, ended.low, loads) == (End.LOWEST_BROKE, None, [50, 12.5, 3.12])


def test_a_generator_at_its_limit_is_no_capacity() -> None:
    ended, loads = searched(lambda load: StepOutcome.GENERATOR if load > 700 else StepOutcome.HELD)
    assert ended.end is End.GENERATOR
    assert ended.low is not None
    assert 665 < ended.low <= 700
    assert loads.count(ended.high or 0) == 2


def test_below_the_limit_of_the_generator_the_target_is_found_all_the_same() -> None:
    ended, _ = searched(lambda load: StepOutcome.GENERATOR if load > 700 else carries(437)(load))
    assert ended == Ended(End.SETTLED, 436, 456)


def test_one_hiccup_of_the_generator_is_tried_again() -> None:
    hiccups = [200.0]

    def target(load: float) -> StepOutcome:
        if load in hiccups:
            hiccups.remove(load)
            return StepOutcome.GENERATOR
        return carries(437)(load)

    ended, _ = searched(target)
    assert ended.end is End.SETTLED


def test_steps_that_say_nothing_are_tried_again() -> None:
    outcomes = iter([StepOutcome.UNMEASURED] * 3)
    ended, loads = searched(lambda load: next(outcomes, carries(437)(load)))
    assert loads[:5] == [50, 50, 50, 50, 100]
    assert ended == Ended(End.SETTLED, 436, 456)


def test_a_target_that_does_what_it_likes_comes_to_an_end() -> None:
    random = Random(3)
    for _ in range(200):
        ended, loads = searched(lambda _: random.choice([StepOutcome.HELD, StepOutcome.BROKE]))
        assert len(loads) <= RATES.most_steps
        assert ended.low is None or ended.high is None or ended.low < ended.high


def test_users_are_whole_numbers() -> None:
    ended, loads = searched(carries(13), Limits(5, 1000, is_whole=True))
    assert ended == Ended(End.SETTLED, 13, 14)
    assert all(load == int(load) for load in loads)


def test_two_workers_of_which_one_user_is_too_many() -> None:
    ended, loads = searched(carries(0), Limits(8, 1000, is_whole=True))
    assert (ended.end, loads) == (End.LOWEST_BROKE, [8, 2, 1])


def test_the_longest_search_is_known_before_it_begins() -> None:
    assert (Limits(50, 10_000).doublings, Limits(50, 10_000).halvings) == (9, 4)
    assert Limits(50, 10_000).usual_steps == 17
    assert Limits(50, 50).doublings == 1


def test_a_target_that_is_never_decided_is_neither_below_nor_at_least() -> None:
    ended, loads = searched(lambda _: StepOutcome.UNDECIDED)
    assert (ended, loads) == (Ended(End.UNDECIDED, None, None), [50, 12.5, 3.12])


def test_loads_that_are_not_decided_are_no_reason_to_go_on_up() -> None:
    ended, loads = searched(lambda load: StepOutcome.HELD if load <= 100 else StepOutcome.UNDECIDED)
    assert (ended.end, ended.low, ended.high) == (End.UNDECIDED, 100, None)
    assert max(loads) == 400
    assert loads.count(100) == 3


def test_a_load_far_above_that_held_once_is_gone_on_from() -> None:
    tries = [Try(load, StepOutcome.HELD) for load in (100, 200, 450)]
    tries += [Try(200, StepOutcome.BROKE), Try(450, StepOutcome.BROKE)]
    assert next_load(tries, RATES) == 562
