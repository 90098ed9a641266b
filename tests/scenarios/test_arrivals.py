"""The schedule of an open model: the same everywhere, at the rate that was asked for, and random where it should be."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmscope.scenarios.arrivals import Count, Draw, Leg, Model, Schedule, pool_of
from swarmscope.scenarios.model import OpenModel, Scenario, Stage

#: Beyond it the statistic of Kolmogorov and Smirnov lies in one of a thousand samples: 1.95 / sqrt(n).
_KS_LIMIT = 1.95


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gaps_of_the_poisson_schedule_are_exponential(seed: int) -> None:
    """Kolmogorov and Smirnov, against the exponential distribution of the rate, with 20,000 gaps."""
    rate = 200.0
    times = [arrival.due_seconds for arrival in Schedule((Leg(100.0, rate, rate),), "poisson", seed)]
    gaps = sorted(later - earlier for earlier, later in pairwise([0.0, *times]))
    expected = [1 - math.exp(-rate * gap) for gap in gaps]
    n = len(gaps)
    distance = max(max((i + 1) / n - each, each - i / n) for i, each in enumerate(expected))
    assert n > 19_000
    assert distance < _KS_LIMIT / math.sqrt(n)


def test_a_ramp_of_a_poisson_schedule_is_exponential_once_time_is_stretched() -> None:
    leg = Leg(100.0, 0.0, 400.0)
    marks = [2.0 * arrival.due_seconds**2 for arrival in Schedule((leg,))]  # how many were expected by then
    gaps = sorted(later - earlier for earlier, later in pairwise([0.0, *marks]))
    n = len(gaps)
    assert max(abs(1 - math.exp(-gap) - i / n) for i, gap in enumerate(gaps)) < _KS_LIMIT / math.sqrt(n)


def test_a_constant_schedule_is_evenly_spaced_and_has_exactly_its_number() -> None:
    arrivals = list(Schedule((Leg(60.0, 200.0, 200.0),), "constant"))
    assert len(arrivals) == 12_000
    assert {round(b.due_seconds - a.due_seconds, 9) for a, b in pairwise(arrivals)} == {0.005}
    assert 0 <= arrivals[0].due_seconds < arrivals[-1].due_seconds < 60.0


@pytest.mark.parametrize("model", ["poisson", "constant"])
def test_ramps_steps_and_silence_have_the_arrivals_that_they_should(model: Model) -> None:
    legs = (Leg(10, 0, 100), Leg(10, 100, 100), Leg(10, 0, 0), Leg(10, 300, 300), Leg(20, 300, 0))
    times = [arrival.due_seconds for arrival in Schedule(legs, model)]
    assert times == sorted(times)
    for begin, end, expected in ((0, 10, 500), (10, 20, 1000), (20, 30, 0), (30, 40, 3000), (40, 60, 3000)):
        found = sum(begin <= each < end for each in times)
        assert abs(found - expected) <= (1 if model == "constant" else 4 * math.sqrt(expected))


def test_the_same_seed_gives_the_same_schedule_and_another_seed_another() -> None:
    legs = (Leg(5.0, 100.0, 300.0),)
    assert list(Schedule(legs, seed=7)) == list(Schedule(legs, seed=7))
    assert [each.due_seconds for each in Schedule(legs, seed=7)] != [
        each.due_seconds for each in Schedule(legs, seed=8)
    ]


@given(st.integers(1, 9))
def test_workers_share_all_arrivals_and_none_twice(workers: int) -> None:
    schedule = Schedule((Leg(2.0, 100.0, 100.0),))
    shares = [[a.number for a in schedule if a.number % workers == index] for index in range(workers)]
    assert sorted(number for share in shares for number in share) == list(range(len(list(schedule))))


def test_a_count_grows_with_time_and_ends_with_the_schedule() -> None:
    schedule = Schedule((Leg(10.0, 100.0, 100.0),), "constant")
    count = Count(schedule)
    assert [count.before(seconds) for seconds in (0.0, 1.0, 1.0, 5.5, 10.0, 99.0)] == [0, 100, 100, 550, 1000, 1000]


def test_classes_are_drawn_by_weight_and_their_tasks_evenly() -> None:
    draw = Draw({"Reader": 3.0, "Writer": 1.0})
    drawn = [draw(arrival.choice) for arrival in Schedule((Leg(100.0, 200.0, 200.0),))]
    counts = Counter(name for name, _ in drawn)
    assert abs(counts["Reader"] / len(drawn) - 0.75) < 0.02
    assert all(0 <= choice <= 1 for _, choice in drawn)
    writers = [choice for name, choice in drawn if name == "Writer"]
    assert abs(sum(each < 0.5 for each in writers) / len(writers) - 0.5) < 0.05
    assert draw(0.0)[0] == "Reader"
    assert draw(math.nextafter(1.0, 0.0))[0] == "Writer"


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 1000), min_size=1),
    st.integers(1, 7),
    st.integers(0, 300),
)
def test_a_pool_has_each_class_on_each_worker_and_no_more_users_than_allowed(
    weights: dict[str, float], workers: int, more: int
) -> None:
    users = len(weights) * workers + more
    pool = pool_of(weights, users, workers)
    assert set(pool) == set(weights)
    assert all(count >= workers and count % workers == 0 for count in pool.values())
    assert users - workers < sum(pool.values()) <= users or sum(pool.values()) <= users


def test_a_pool_too_small_for_its_classes_and_workers_is_refused_in_one_line() -> None:
    with pytest.raises(
        ValueError, match=r"^5 users are too few for arrivals: 3 user classes on 2 workers need 6 or"
    ) as e:
        pool_of({"a": 1, "b": 1, "c": 1}, 5, 2)
    assert "\n" not in str(e.value)


def scenario(**changed: object) -> Scenario:
    fields: dict[str, object] = {
        "name": "rate",
        "purpose": "",
        "users": 300,
        "spawn_rate": 100.0,
        "run_time_seconds": 60.0,
        "arrivals": OpenModel(200.0),
    }
    return Scenario(**(fields | changed))  # type: ignore[arg-type]


def test_the_rate_rises_while_the_users_start_and_then_stays() -> None:
    schedule = scenario().schedule
    assert schedule is not None
    assert schedule.legs == (Leg(3.0, 0.0, 200.0), Leg(57.0, 200.0, 200.0))


def test_stages_are_steps_of_the_rate_unless_they_have_a_ramp() -> None:
    stages = (
        Stage("steady", 0.25, 0.1, ramp_share=0.0),
        Stage("spike", 0.5, 1.0, ramp_share=0.5),
        Stage("recovery", 0.25, 0.0),
    )
    schedule = scenario(stages=stages).schedule
    assert schedule is not None
    assert schedule.legs == (Leg(15, 20, 20), Leg(15, 20, 200), Leg(15, 200, 200), Leg(15, 0, 0))


def test_a_rate_of_the_command_line_scales_all_stages_and_the_users_do_not() -> None:
    scaled = scenario(stages=(Stage("steady", 0.5, 0.5), Stage("steady", 0.5))).scaled(rate=50.0, users=30)
    schedule = scaled.schedule
    assert schedule is not None
    assert [leg.end for leg in schedule.legs] == [25.0, 25.0, 50.0]
    assert (scaled.users, scaled.users_in(scaled.stages[0])) == (30, 30)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"rate": 0.0}, "invalid rate of arrivals: 0.0: expected above 0, and at most 100000/s"),
        ({"rate": math.inf}, "invalid rate of arrivals: inf: expected above 0, and at most 100000/s"),
        ({"rate": 1.0, "model": "uniform"}, "invalid model of arrivals: uniform: expected poisson or constant"),
        ({"rate": 1.0, "max_wait_seconds": 0.0}, "invalid max_wait of arrivals: 0.0: expected a time above 0"),
    ],
)
def test_arrivals_that_make_no_sense_are_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        OpenModel(**changed)  # type: ignore[arg-type]


def test_a_run_without_a_single_arrival_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^scenario rate leaves no arrival: 0\.01/s for 60 s; raise the rate"):
        scenario(arrivals=OpenModel(0.01)).schedule  # noqa: B018  # it raises


def test_a_rate_for_a_scenario_without_arrivals_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^scenario rate has no arrivals, so no rate of its own: add arrivals"):
        scenario(arrivals=None).scaled(rate=5.0)
