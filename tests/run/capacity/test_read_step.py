"""What a step has come to, from its verdict and its series."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from swarmscope.capacity.step import GENERATOR_CPU, GROWS, TARGET_CPU, Step, StepOutcome
from swarmscope.objectives import Interval, Objective
from swarmscope.prometheus.series import StoredSeries
from swarmscope.prometheus.series_file import SeriesReader
from swarmscope.run.capacity.read_step import Asked, Reading, reading_of
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Arrivals
from tests.run.stored_runs import Load, write_run
from tests.verdict.builders import alert, evidence, objective

ASKED = Asked(3, 100.0, 40)
RUN_SECONDS = {"steady": 1_700_000_000.0}


def stored(folder: Path, load: Load | None = None) -> tuple[StoredSeries, ...]:
    with gzip.open(write_run(folder, load or Load()) / "evidence" / "series.gz", "rt", encoding="utf-8") as file:
        return tuple(SeriesReader(file))


@pytest.fixture
def series(tmp_path: Path) -> tuple[StoredSeries, ...]:
    return stored(tmp_path)


def reading(series: tuple[StoredSeries, ...], *objectives: Objective, **changed: object) -> Reading:
    found = {"objectives": objectives} if objectives else {}
    return reading_of(ASKED, decide(evidence(**found, **changed)), series)


def step(series: tuple[StoredSeries, ...], *objectives: Objective, **changed: object) -> Step:
    return reading(series, *objectives, **changed).step


def unsure(measured: float, high: float) -> Objective:
    return objective(
        threshold=0.5, measured=measured, confidence=0.95, interval=Interval(0.01, high, 30.0, "", 100, 10.0)
    )


def test_a_step_that_kept_to_all_held(series: tuple[StoredSeries, ...]) -> None:
    found = step(series)
    assert (found.outcome, found.because, found.broken) == (StepOutcome.HELD, "", ())
    assert (found.number, found.load, found.users) == (3, 100.0, 40)
    assert found.throughput is not None
    assert found.throughput == pytest.approx(100, rel=0.1), "two endpoints with 100 requests in 2 s each"
    assert found.p50_seconds is not None
    assert found.p95_seconds is not None
    assert found.p50_seconds < 0.01 < found.p95_seconds
    assert found.concurrency == pytest.approx(found.throughput * 0.0105, rel=0.3)
    assert found.used[TARGET_CPU] == pytest.approx(0.2, rel=0.2)


def test_a_step_that_missed_a_threshold_broke(series: tuple[StoredSeries, ...]) -> None:
    missed = objective(threshold=0.2, measured=0.71)
    errors = objective(objective="error_ratio", threshold=0.01, measured=0.5)
    alerts = (*evidence().alerts, alert(), alert(objective="error_ratio"))
    found = step(series, missed, errors, alerts=alerts)
    assert found.outcome is StepOutcome.BROKE
    assert found.broken == ("error ratio", "latency p95")
    assert found.because == "error ratio 50 % (≤ 1 %); latency p95 710 ms (≤ 200 ms)"


def test_a_generator_at_its_limit_is_not_the_target(series: tuple[StoredSeries, ...]) -> None:
    busy = alert("GeneratorCpuSaturated", gate="validity", objective="", worker="worker-1")
    found = step(series, objective(threshold=0.2, measured=0.71), alerts=(*evidence().alerts, alert(), busy))
    assert found.outcome is StepOutcome.GENERATOR


def test_a_generator_at_its_limit_does_not_excuse_errors(series: tuple[StoredSeries, ...]) -> None:
    busy = alert("GeneratorCpuSaturated", gate="validity", objective="", worker="worker-1")
    failed = alert(objective="error_ratio")
    errors = objective(objective="error_ratio", threshold=0.01, measured=0.5)
    assert step(series, errors, alerts=(*evidence().alerts, failed, busy)).outcome is StepOutcome.BROKE


def test_books_that_do_not_balance_say_nothing_of_the_target(series: tuple[StoredSeries, ...]) -> None:
    found = step(series, ledger=replace(evidence().ledger, prometheus=900))
    assert found.outcome is StepOutcome.UNMEASURED
    assert "ledger" in found.because


def test_what_is_met_by_far_on_few_samples_held_and_is_told(series: tuple[StoredSeries, ...]) -> None:
    found = step(series, unsure(0.1, 0.9), objective(objective="error_ratio", threshold=0.05, measured=0.0))
    assert (found.outcome, found.unsure) == (StepOutcome.HELD, ("latency p95",))


def test_what_is_met_by_little_is_undecided(series: tuple[StoredSeries, ...]) -> None:
    found = step(series, unsure(0.45, 0.9))
    assert found.outcome is StepOutcome.UNDECIDED
    assert found.because == "latency p95 450 ms (≤ 500 ms): too close to tell"


def test_an_endpoint_that_saw_no_request_does_not_keep_a_step_from_holding(series: tuple[StoredSeries, ...]) -> None:
    rare = objective(objective="endpoint_latency_p95_seconds", method="POST", name="/rare", measured=None, samples=0.0)
    found = step(series, objective(), rare)
    assert (found.outcome, found.unsure) == (StepOutcome.HELD, ())
    assert found.without_data == ("endpoint latency p95 POST /rare",)


def test_a_response_time_that_grows_all_the_way_broke_though_the_threshold_was_met(
    series: tuple[StoredSeries, ...],
) -> None:
    on_time = replace(ARRIVALS, lateness_p99_seconds=0.003)
    found = step(tuple(map(slower_and_slower, series)), arrivals=on_time)
    assert (found.outcome, found.broken) == (StepOutcome.BROKE, (GROWS,))
    assert found.growth is not None
    assert found.growth > 0.02
    assert "more arrives than is answered" in found.because


def slower_and_slower(each: StoredSeries) -> StoredSeries:
    """Return a sum of latencies that grows with the square of time, 30 ms a request and second."""
    if each.labels.get("of") != "latency_sum":
        return each
    begin = each.times_ms[0]
    values = (
        float(value) + 100 * 0.03 * ((moment - begin) / 1000) ** 2 / 2
        for moment, value in zip(each.times_ms, each.values, strict=True)
    )
    return replace(each, values=tuple(map(str, values)))


ARRIVALS = Arrivals(6000, 6000, 0, 0, 0, lateness_p50_seconds=0.0, lateness_p99_seconds=2.0)


def waited(folder: Path) -> tuple[StoredSeries, ...]:
    """Return series of requests that waited for users: 2 s on top of a few milliseconds."""
    return stored(folder, Load(responses={"/chat": 2.0, "/login": 2.0}))


def test_users_that_were_all_busy_are_told_from_a_slow_target(tmp_path: Path) -> None:
    missed = objective(threshold=0.2, measured=2.0)
    found = reading(waited(tmp_path), missed, arrivals=ARRIVALS, alerts=(*evidence().alerts, alert()))
    assert found.needs_users
    assert found.step.outcome is StepOutcome.UNMEASURED
    assert found.step.because == "all 40 users were busy, while answers came in time"


def test_answers_that_were_slow_themselves_are_the_target(tmp_path: Path) -> None:
    missed = objective(threshold=0.005, measured=2.0)
    found = reading(waited(tmp_path), missed, arrivals=ARRIVALS, alerts=(*evidence().alerts, alert()))
    assert not found.needs_users
    assert found.step.outcome is StepOutcome.BROKE


def test_a_step_without_a_judged_part_says_nothing(series: tuple[StoredSeries, ...]) -> None:
    cut = tuple(each for each in series if each.labels["__name__"] != "loadtest:begun_seconds")
    found = step(cut)
    assert (found.outcome, found.seconds, found.p95_seconds) == (StepOutcome.UNMEASURED, 0.0, None)


def test_the_busiest_process_of_the_generator_counts(series: tuple[StoredSeries, ...]) -> None:
    run = evidence().run
    judged = replace(run, phases={"steady": 1060.0}, end_seconds=1066.0)

    def cpu(worker: str, *values: float) -> StoredSeries:
        times = tuple(1_058_000 + 2000 * place for place in range(len(values)))
        labels = {"__name__": "loadtest_generator_cpu_ratio", "worker": worker}
        return StoredSeries(labels, times, tuple(map(str, values)))

    more = (cpu("worker-1", 0.9, 0.2, 0.4, 0.3, 0.3), cpu("master", 0.1, 0.1, 0.1, 0.1, 0.1))
    found = step((*series, *more), run=judged)
    assert found.used[GENERATOR_CPU] == pytest.approx(0.3)


def test_a_response_time_that_grows_since_users_are_busy_is_not_the_target(tmp_path: Path) -> None:
    series = tuple(map(slower_and_slower, waited(tmp_path)))
    found = reading(series, arrivals=ARRIVALS)
    assert found.needs_users
    assert found.step.outcome is StepOutcome.UNMEASURED
    on_time = reading(series, arrivals=replace(ARRIVALS, lateness_p99_seconds=0.003))
    assert on_time.step.broken == (GROWS,)


def test_users_that_wait_for_answers_cannot_ask_for_more_than_is_answered(series: tuple[StoredSeries, ...]) -> None:
    found = step(tuple(map(slower_and_slower, series)), arrivals=None)
    assert (found.outcome, found.growth) == (StepOutcome.HELD, None)


@pytest.mark.parametrize(("threshold", "needs_users"), [(0.2, True), (0.008, False)])
def test_a_mean_is_compared_with_the_mean_of_the_service_time(
    tmp_path: Path, threshold: float, needs_users: bool
) -> None:
    missed = objective(objective="latency_mean_seconds", threshold=threshold, measured=2.0)
    alerts = (*evidence().alerts, alert(objective="latency_mean_seconds"))
    assert reading(waited(tmp_path), missed, arrivals=ARRIVALS, alerts=alerts).needs_users is needs_users


def test_what_ended_after_the_stop_was_not_answered_in_the_time_of_the_step(tmp_path: Path) -> None:
    def late(each: StoredSeries) -> StoredSeries:
        if each.labels.get("__name__") != "loadtest:count" or each.labels.get("of") != "requests":
            return each
        last = each.values[-1]
        return replace(each, values=tuple(str(float(v) + 5000) if v == last else v for v in each.values))

    before = step(stored(tmp_path)).throughput
    after = step(tuple(map(late, stored(tmp_path / "again")))).throughput
    assert after == before
