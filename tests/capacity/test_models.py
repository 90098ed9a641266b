"""Scaling and knee of steps whose laws are known."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest

from swarmscope.capacity.models import knee_of, scaling_of
from swarmscope.capacity.step import Step, StepOutcome

HELD, BROKE = StepOutcome.HELD, StepOutcome.BROKE
CONCURRENCIES = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 96.0, 128.0)
LOADS = (10.0, 20.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)


def step(
    load: float,
    outcome: StepOutcome = HELD,
    *,
    p95: float | None = None,
    throughput: float | None = None,
    concurrency: float | None = None,
) -> Step:
    return Step(
        1,
        "capacity-step",
        load,
        outcome,
        "",
        0.0,
        30.0,
        throughput=throughput,
        p95_seconds=p95,
        concurrency=concurrency,
    )


def usl(n: float, rate: float, contention: float, coherency: float) -> float:
    return rate * n / (1 + contention * (n - 1) + coherency * n * (n - 1))


def scaled(
    law: Callable[[float], float], concurrencies: Sequence[float] = CONCURRENCIES, noise: float = 0
) -> list[Step]:
    drawn = random.Random(7)
    return [step(n, throughput=law(n) * drawn.lognormvariate(0, noise), concurrency=n) for n in concurrencies]


def latencies(
    law: Callable[[float], float], loads: Sequence[float] = LOADS, noise: float = 0, seed: int = 1
) -> list[Step]:
    drawn = random.Random(seed)
    return [step(load, p95=law(load) * drawn.lognormvariate(0, noise)) for load in loads]


def one_queue(load: float) -> float:
    """Return p95 in seconds of one queue with random arrivals (M/M/1) that answers 100/s at most."""
    return 0.03 / (1 - load / 100)


def test_scaling_is_recovered_exactly_where_nothing_disturbs_it() -> None:
    found = scaling_of(scaled(lambda n: usl(n, 50, 0.05, 0.0004)))
    assert found
    assert (found.rate, found.contention, found.coherency) == pytest.approx((50, 0.05, 0.0004))
    assert found.r_squared == pytest.approx(1)
    assert found.peak_concurrency == pytest.approx(48.73, abs=0.01)  # the root of 0.95 / 0.0004
    assert found.peak_throughput == pytest.approx(usl(48.734, 50, 0.05, 0.0004))


def test_scaling_is_recovered_within_a_few_percent_with_3_percent_noise() -> None:
    found = scaling_of(scaled(lambda n: usl(n, 50, 0.05, 0.0004), noise=0.03))
    assert found
    assert found.rate == pytest.approx(50, rel=0.05)
    assert found.contention == pytest.approx(0.05, rel=0.2)
    assert found.peak_concurrency == pytest.approx(48.73, rel=0.1)
    assert found.peak_throughput == pytest.approx(usl(48.73, 50, 0.05, 0.0004), rel=0.05)


def test_one_queue_has_the_contention_of_one_half_with_less_than_one_request_under_way_too() -> None:
    found = scaling_of(scaled(lambda n: 100 * n / (1 + n), [0.1, 0.3, 1, 3, 10]))
    assert found
    assert (found.rate, found.contention, found.coherency) == pytest.approx((50, 0.5, 0), abs=1e-9)
    assert found.peak_concurrency is found.peak_throughput is None


def test_a_peak_far_beyond_what_was_seen_is_not_told() -> None:
    found = scaling_of(scaled(lambda n: usl(n, 50, 0.05, 1e-7)))
    assert found
    assert found.coherency == pytest.approx(1e-7)
    assert found.peak_concurrency is None


def test_steps_that_were_not_judged_do_not_count() -> None:
    steps = scaled(lambda n: usl(n, 50, 0.05, 0.0004))
    wrong = [
        step(200, StepOutcome.GENERATOR, throughput=1, concurrency=200),
        step(300, StepOutcome.UNMEASURED, throughput=1, concurrency=300),
        step(400, BROKE, concurrency=400),
        step(500, throughput=0, concurrency=0),
    ]
    assert scaling_of([*steps, *wrong]) == scaling_of(steps)


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([], id="none"),
        pytest.param(scaled(lambda n: 50 * n, (1, 4, 16)), id="three loads"),
        pytest.param(scaled(lambda n: 50 * n, (10, 15, 20, 29)), id="loads too much alike"),
        pytest.param(scaled(lambda _: 50, CONCURRENCIES), id="throughput that does not change"),
        pytest.param(scaled(lambda n: 50 * n**2), id="throughput that grows with the square"),
    ],
)
def test_without_enough_loads_or_a_good_fit_scaling_is_unknown(steps: list[Step]) -> None:
    assert scaling_of(steps) is None


def test_the_knee_of_one_queue_is_half_its_capacity() -> None:
    assert knee_of(latencies(one_queue)) == 50


@pytest.mark.parametrize("seed", range(10))
def test_the_knee_of_one_queue_is_close_to_that_with_10_percent_noise(seed: int) -> None:
    assert knee_of(latencies(one_queue, noise=0.1, seed=seed)) in {40, 50, 60}


def test_a_lower_range_of_loads_does_not_move_the_knee() -> None:
    assert knee_of(latencies(one_queue, (1, 2, 5, *LOADS))) == knee_of(latencies(one_queue)) == 50


def test_several_steps_at_one_load_count_by_their_median() -> None:
    outlier = [step(50, p95=3.0), step(50, p95=0.06)]
    assert knee_of([*latencies(one_queue), *outlier]) == 50


@pytest.mark.parametrize("seed", range(10))
def test_flat_latency_has_no_knee(seed: int) -> None:
    assert knee_of(latencies(lambda _: 0.03, noise=0.1, seed=seed)) is None


@pytest.mark.parametrize("seed", range(10))
def test_latency_that_rises_with_the_load_alone_has_no_knee(seed: int) -> None:
    assert knee_of(latencies(lambda load: load / 1000, noise=0.1, seed=seed)) is None


def test_a_cliff_is_not_a_knee_however_many_loads_were_tried_beyond_it() -> None:
    flat = latencies(lambda _: 0.03)
    cliff = step(110, BROKE, p95=5.0)
    assert knee_of([*flat, cliff]) is None
    assert knee_of([*flat, cliff, step(120, BROKE, p95=6.0), step(200, BROKE, p95=9.0)]) is None


def test_a_load_that_broke_once_and_held_once_does_not_end_the_loads_that_count() -> None:
    assert knee_of([*latencies(one_queue), step(60, BROKE, p95=0.075)]) == 50


def test_fewer_than_five_loads_tell_of_no_knee() -> None:
    assert knee_of(latencies(one_queue, (10, 50, 70, 90))) is None
    assert knee_of([*latencies(one_queue, (10, 50, 70, 90)), step(80, StepOutcome.UNDECIDED, p95=0.15)]) is None


def test_where_not_two_requests_were_ever_under_way_the_law_says_nothing() -> None:
    assert scaling_of(scaled(lambda n: 100 * n / (1 + n), [0.1, 0.2, 0.4, 0.9, 1.5])) is None
