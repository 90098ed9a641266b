"""Since when a run was steady: found where something moved, and silent where only noise did."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from swarmscope.verdict.decide import decide
from swarmscope.verdict.reasons import steadiness_words
from swarmscope.verdict.steadiness import MIN_WINDOWS, P50, THROUGHPUT, Shift, Steadiness, Window, steadiness
from swarmscope.verdict.verdict import Outcome
from tests.verdict.builders import LOAD_START, evidence

Shape = Callable[[float], float]
_RUNS = 1000
#: Mild: what a busy machine does to neighbors in time.
_RHO, _SPREAD = 0.3, 0.08


def windows(rates: Sequence[float], p50s: Sequence[float] | None = None, seconds: float = 10.0) -> list[Window]:
    times = p50s or [0.1] * len(rates)
    return [
        Window(place * seconds, (place + 1) * seconds, rate * seconds, p50, 0.001)
        for place, (rate, p50) in enumerate(zip(rates, times, strict=True))
    ]


def level(_: float) -> float:
    return 1.0


def made(dice: random.Random, rate: float, seconds: float, count: int, shape: Shape = level) -> Steadiness | None:
    """Return what is found in a run with that rate: Poisson counts, lognormal latencies, neighbors that are alike."""
    length, found, drift = seconds / count, [], [dice.gauss(0, 1), dice.gauss(0, 1)]
    for place in range(count):
        drift = [_RHO * each + math.sqrt(1 - _RHO**2) * dice.gauss(0, 1) for each in drift]
        factor = shape((place + 0.5) / count)
        expected = rate * length * factor * max(0.1, 1 + _SPREAD * drift[0])
        counted = max(1, round(dice.gauss(expected, math.sqrt(expected))))
        error = 1.25 / math.sqrt(counted)  # of the median of lognormal latencies with sigma 1, on a scale of logs
        p50 = 0.1 * factor * math.exp(_SPREAD * drift[1] + error * dice.gauss(0, 1))
        found.append(Window(place * length, (place + 1) * length, counted, p50, p50 * error))
    return steadiness(found)


@pytest.mark.parametrize(("seconds", "count"), [(30.0, 10), (600.0, 20)])
@pytest.mark.parametrize("rate", [5.0, 500.0])
def test_at_most_one_in_a_hundred_steady_runs_is_said_not_to_be(rate: float, seconds: float, count: int) -> None:
    dice = random.Random(f"{rate} {seconds}")
    found = [made(dice, rate, seconds, count) for _ in range(_RUNS)]
    assert sum(each is None or each.since_seconds is None for each in found) <= _RUNS / 100
    assert sum(each is None or each.shifts != () for each in found) <= _RUNS / 100


@pytest.mark.parametrize(("rate", "seconds", "count"), [(500.0, 30.0, 10), (500.0, 600.0, 20), (5.0, 600.0, 20)])
def test_a_warm_up_in_the_first_third_is_found_and_dated(rate: float, seconds: float, count: int) -> None:
    dice = random.Random(f"warm-up {rate} {seconds}")
    found = [made(dice, rate, seconds, count, lambda at: 0.5 if at < 0.3 else 1.0) for _ in range(100)]
    since = [each.since_seconds for each in found if each is not None and each.since_seconds is not None]
    near = [moment for moment in since if abs(moment - 0.3 * seconds) <= seconds / count]
    assert len(near) >= 95


@pytest.mark.parametrize(
    "shape", [lambda at: 1 + at, lambda at: 2 - at, lambda at: 2**at], ids=["up", "down", "faster"]
)
@pytest.mark.parametrize(("rate", "seconds", "count"), [(500.0, 30.0, 10), (500.0, 600.0, 20), (5.0, 600.0, 20)])
def test_a_run_that_drifts_to_twice_or_half_its_level_never_became_steady(
    rate: float, seconds: float, count: int, shape: Shape
) -> None:
    dice = random.Random(f"drift {rate} {seconds}")
    found = [made(dice, rate, seconds, count, shape) for _ in range(100)]
    assert sum(each is not None and each.since_seconds is None for each in found) >= 97


def test_fewer_windows_than_tell_anything_are_not_judged() -> None:
    assert steadiness(windows([10.0] * (MIN_WINDOWS - 1))) is None
    assert steadiness(windows([10.0] * MIN_WINDOWS)) == Steadiness(0.0, 0.0, MIN_WINDOWS, 10.0)


def test_a_warm_up_of_throughput_is_told_with_both_levels() -> None:
    assert steadiness(windows([5.0] * 3 + [20.0] * 12)) == Steadiness(
        30.0, 0.0, 15, 10.0, (Shift(THROUGHPUT, 5.0, 20.0),)
    )


def test_the_later_of_both_decides_and_both_are_told() -> None:
    found = steadiness(windows([5.0] * 2 + [20.0] * 13, [0.4] * 4 + [0.1] * 11))
    assert found is not None
    assert found.since_seconds == 40.0
    assert [shift.objective for shift in found.shifts] == [THROUGHPUT, P50]


def test_of_a_run_that_drifts_in_one_only_that_is_told() -> None:
    found = steadiness(windows([20.0] * 16, [0.1 + 0.01 * place for place in range(16)]))
    assert found is not None
    assert found.since_seconds is None
    [shift] = found.shifts
    assert (shift.objective, round(shift.before, 3), round(shift.after, 3)) == (P50, 0.115, 0.235)


def test_a_change_late_in_the_run_is_not_a_warm_up() -> None:
    found = steadiness(windows([200.0] * 13 + [20.0] * 7))
    assert found is not None
    assert found.since_seconds is None


def test_one_slow_window_in_the_middle_is_not_a_matter_of_steadiness() -> None:
    found = steadiness(windows([200.0] * 9 + [10.0] + [200.0] * 10))
    assert found == Steadiness(0.0, 0.0, 20, 10.0)


def test_a_p50_below_a_millisecond_and_one_that_moves_by_less_are_the_same() -> None:
    found = steadiness(windows([200.0] * 12, [0.0015] * 3 + [0.0008] * 9))
    assert found is not None
    assert found.shifts == ()


def test_windows_without_a_measured_time_are_left_out_of_the_p50_alone() -> None:
    some = windows([200.0] * 12, [0.4] * 4 + [0.1] * 8)
    some[7] = replace(some[7], p50_seconds=None)
    found = steadiness(some)
    assert found is not None
    assert (found.since_seconds, found.windows) == (40.0, 12)
    without = [replace(window, p50_seconds=None) for window in some]
    assert steadiness(without) == Steadiness(0.0, 0.0, 12, 10.0)


NEVER = Steadiness(None, LOAD_START, 20, 6.0, (Shift(THROUGHPUT, 20.0, 41.0), Shift(P50, 0.012, 0.0241)))


def test_the_words_have_since_when_and_what_moved() -> None:
    late = Steadiness(LOAD_START + 42, LOAD_START, 20, 6.0, (Shift(P50, 0.0241, 0.012),))
    assert steadiness_words(late, LOAD_START) == "steady since 00:42 (p50 24.1 ms until then, 12 ms after)"
    assert steadiness_words(replace(late, shifts=()), LOAD_START) == "steady since 00:42"
    assert steadiness_words(NEVER, LOAD_START) == (
        "never became steady: throughput went from 20.0/s to 41.0/s, p50 went from 12 ms to 24.1 ms"
    )


def test_a_run_that_never_became_steady_is_warned_of_and_still_passes() -> None:
    verdict = decide(evidence(steadiness=NEVER))
    assert verdict.outcome is Outcome.PASS
    assert verdict.steadiness == NEVER
    [warning] = verdict.warnings
    assert warning == (
        "the run never became steady: throughput went from 20.0/s to 41.0/s, p50 went from 12 ms to 24.1 ms;"
        " run for longer, or look for what changes: a cache that fills, a leak, other load"
    )
    assert decide(evidence(steadiness=replace(NEVER, since_seconds=LOAD_START))).warnings == ()
