"""Pauses, by a clock that the tests move."""

from __future__ import annotations

from random import Random

import pytest

from swarmscope.locust_plugin.pacing import RequestSchedule, ThinkTime


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def requests_within(seconds: float, schedule: RequestSchedule, clock: Clock, answer_seconds: float, each: int) -> int:
    """Return how many requests a user makes who asks ``each`` times between two pauses."""
    end, made = clock.now + seconds, 0
    while clock.now < end:
        clock.now += answer_seconds * each
        made += each
        clock.now += schedule.pause_seconds(each)
    return made


@pytest.mark.parametrize("answer_seconds", [0.0, 0.01, 0.15])
@pytest.mark.parametrize("each", [1, 3])
def test_the_rate_does_not_depend_on_how_long_answers_take(answer_seconds: float, each: int) -> None:
    clock = Clock()
    schedule = RequestSchedule(0.2, Random(1), clock)
    made = requests_within(600, schedule, clock, answer_seconds, each)
    assert made == pytest.approx(600 / 0.2, abs=each)


def test_answers_slower_than_the_schedule_leave_no_pause() -> None:
    clock = Clock()
    schedule = RequestSchedule(0.2, Random(1), clock)
    assert requests_within(100, schedule, clock, answer_seconds=0.5, each=1) == 200


def test_after_a_stall_a_user_catches_up_by_one_interval_at_most() -> None:
    clock = Clock()
    schedule = RequestSchedule(1.0, Random(1), clock)
    clock.now += 30  # one answer that took half a minute
    pauses = []
    for _ in range(4):
        pauses.append(schedule.pause_seconds(1))
        clock.now += pauses[-1]
    assert pauses == pytest.approx([0, 0, 1, 1])


def test_users_that_start_together_do_not_stay_in_step() -> None:
    clock, rng = Clock(), Random(1)
    pauses = [RequestSchedule(1.0, rng, clock).pause_seconds(1) for _ in range(1000)]
    in_tenths = [sum(tenth / 10 <= pause < (tenth + 1) / 10 for pause in pauses) for tenth in range(10)]
    assert min(in_tenths) > 60


def test_think_times_lie_between_the_shortest_and_the_longest() -> None:
    pace = ThinkTime(1.0, 3.0, Random(1))
    pauses = [pace.pause_seconds(1) for _ in range(1000)]
    assert 1.0 <= min(pauses) < 1.1
    assert 2.9 < max(pauses) <= 3.0


def test_a_request_is_late_when_its_schedule_was_over_before_it_began() -> None:
    clock = Clock()
    schedule = RequestSchedule(1.0, Random(1), clock)
    clock.now += 5
    assert not schedule.is_late(), "what a user does on arrival is on no schedule"
    clock.now += schedule.pause_seconds(6)
    assert not schedule.is_late()
    clock.now += schedule.pause_seconds(1) + 0.049
    assert not schedule.is_late(), "a timer may be a little late"
    clock.now += 0.002
    assert schedule.is_late()
    assert not ThinkTime(1, 2, Random(1)).is_late()
