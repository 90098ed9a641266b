"""Users that were asked for against users that ran."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from swarmscope_exporter.user_seconds import UserSeconds


class Load:
    """Users over time, counted every half second, under orders at their times."""

    def __init__(self, running: Callable[[float], float], *orders: tuple[float, int, float]) -> None:
        self.now = 0.0
        self.users = UserSeconds(clock=lambda: self.now)
        self._running = running
        self._orders = list(orders)

    def until(self, end: float) -> tuple[float, float]:
        while self.now <= end:
            while self._orders and self._orders[0][0] <= self.now:
                self.users.ask(*self._orders.pop(0)[1:])
            self.users.count(round(self._running(self.now)))
            self.now += 0.5
        return self.users.due, self.users.missing


def ramp(begin: float, rate: float, target: float) -> Callable[[float], float]:
    return lambda now: min(target, max(0.0, rate * (now - begin)))


def test_a_user_is_due_two_seconds_after_it_was_asked_for() -> None:
    due, missing = Load(ramp(0, 10, 10), (0, 10, 10.0)).until(12)
    assert due == pytest.approx(95, abs=1)
    assert missing == 0


@pytest.mark.parametrize("late_seconds", [0.0, 0.5, 1.0, 2.0])
def test_users_that_come_up_to_two_seconds_late_are_not_missing(late_seconds: float) -> None:
    assert Load(ramp(late_seconds, 2, 40), (0, 40, 2.0)).until(60)[1] == pytest.approx(0, abs=3)


def test_users_that_never_come_are_missing_all_along() -> None:
    due, missing = Load(ramp(0, 10, 3), (0, 10, 10.0)).until(20)
    assert missing / due == pytest.approx(0.7, abs=0.02)


def test_users_that_leave_are_missing_from_then_on() -> None:
    due, missing = Load(lambda now: 10 if now < 10 else 5, (0, 10, 100.0)).until(22)
    assert due == pytest.approx(200, abs=5)
    assert missing == pytest.approx(60, abs=3)


def test_a_slow_ramp_that_the_run_ends_in_is_what_was_asked_for() -> None:
    due, missing = Load(ramp(0, 1, 100), (0, 100, 1.0)).until(30)
    assert due == pytest.approx(28 * 28 / 2, abs=10)
    assert missing == 0


def test_users_beyond_those_asked_for_make_up_for_none_that_were_missing() -> None:
    due, missing = Load(lambda now: 0 if now < 12 else 20, (0, 10, 100.0)).until(22)
    assert due == pytest.approx(200, abs=5)
    assert missing == pytest.approx(100, abs=5)


def test_a_later_order_counts_from_what_was_asked_for_before() -> None:
    spike = Load(lambda now: 10 if now < 20 or now > 40 else 100, (0, 10, 100.0), (20, 100, 100.0), (40, 10, 100.0))
    due, missing = spike.until(60)
    assert missing == pytest.approx(0, abs=3)
    assert due == pytest.approx(10 * 20 + 100 * 18 + 10 * 20, abs=80)


def test_nobody_is_missed_while_fewer_users_are_asked_for_however_fast_they_go() -> None:
    due, missing = Load(lambda now: 10 if now < 20 else 2, (0, 10, 10.0), (20, 2, 0.1)).until(60)
    assert due == pytest.approx(10 * 18 + 2 * 40, abs=10)
    assert missing == 0


def test_the_same_order_again_changes_nothing() -> None:
    once, twice = (Load(ramp(0, 2, 40), (0, 40, 2.0), *more).until(60) for more in ((), ((10, 40, 2.0),)))
    assert once == pytest.approx(twice)


def test_without_an_order_nothing_is_due() -> None:
    assert Load(lambda _: 5.0).until(10) == (0, 0)
