"""Of more than a hundred workers, those that an alert could speak of have series of their own."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry

from swarmscope.project.places import PROMETHEUS_DIR
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.run import Run
from swarmscope_exporter.saturation import (
    CPU_LIMIT_RATIO,
    LOOP_LAG_LIMIT_SECONDS,
    LOOP_LATE_LIMIT_RATIO,
    MAX_WORKER_SERIES,
    busiest,
    longest_silent,
)
from tests.exporters.test_collector import registry_of, value
from tests.exporters.test_merge import RUN, snapshot
from tests.exporters.test_recorder import send

WORKERS = 250


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def merge(clock: Clock) -> Merge:
    return Merge(RUN, clock=clock)


def report(merge: Merge, worker: int, sequence: int, **figures: Any) -> None:
    recorder = Recorder()
    send(recorder)
    merge.update(str(worker), snapshot(recorder, sequence, **figures))


def names(registry: CollectorRegistry, metric: str) -> set[str]:
    return {
        sample.labels["worker"]
        for family in registry.collect()
        for sample in family.samples
        if sample.name == metric and sample.labels["worker"] != "master"
    }


def test_up_to_a_hundred_workers_each_has_its_series(merge: Merge) -> None:
    for worker in range(MAX_WORKER_SERIES):
        report(merge, worker, 1)
    assert len(busiest(merge.workers)) == len(longest_silent(merge.workers)) == MAX_WORKER_SERIES


def test_more_workers_make_no_more_series_and_every_sum_is_still_of_all(merge: Merge) -> None:
    for worker in range(WORKERS):
        report(merge, worker, 1, unhandled_exceptions=1)
    registry = registry_of(Run(RUN, "smoke", WORKERS, merge))
    for metric in ("loadtest_generator_cpu_ratio", "loadtest_worker_last_report_timestamp_seconds"):
        assert len(names(registry, metric)) == MAX_WORKER_SERIES
    for metric in ("loadtest_worker_requests_total", "loadtest_unhandled_exceptions_total"):
        assert len(names(registry, metric)) == MAX_WORKER_SERIES + 1
        assert value(registry, metric, worker="(others)") == WORKERS - MAX_WORKER_SERIES
    assert value(registry, "loadtest_workers_reporting") == WORKERS


def test_a_worker_without_cpu_keeps_its_series_while_a_hundred_others_take_turns_in_being_worse(
    merge: Merge, clock: Clock
) -> None:
    for turn in range(1, 21):
        clock.now += 3
        for worker in range(WORKERS):
            report(merge, worker, turn, cpu_ratio=1.5 if worker % 2 == turn % 2 else 0.5)
        report(merge, 999, turn, cpu_ratio=0.91)  # barely over the limit, and always
        assert turn == 1 or "999" in busiest(merge.workers)


def test_the_worker_whose_reports_stay_away_is_published(merge: Merge, clock: Clock) -> None:
    report(merge, 0, 1)
    clock.now += 11
    for worker in range(1, WORKERS):
        report(merge, worker, 1)
    assert "0" in longest_silent(merge.workers)
    registry = registry_of(Run(RUN, "smoke", WORKERS, merge))
    times = [value(registry, "loadtest_last_reports_timestamp_seconds", of=of) for of in ("oldest", "newest", "mean")]
    assert times == [1000.0, 1011.0, pytest.approx(1011 - 11 / WORKERS)]


def test_a_streak_ends_with_the_first_report_that_is_under_the_limit(merge: Merge, clock: Clock) -> None:
    report(merge, 0, 1, cpu_ratio=0.95, loop_lag_seconds=0.3, loop_late_ratio=0.3)
    clock.now += 3
    report(merge, 0, 2, cpu_ratio=0.95, loop_lag_seconds=0.1, loop_late_ratio=0.3)
    streaks = merge.workers["0"].streaks
    assert (streaks.cpu_since, streaks.loop_lag_since, streaks.loop_late_since) == (1000.0, float("inf"), 1000.0)
    report(merge, 0, 3, cpu_ratio=CPU_LIMIT_RATIO)
    assert merge.workers["0"].streaks.cpu_since == float("inf")


def test_the_limits_are_those_of_the_alerts() -> None:
    (group,) = yaml.safe_load((PROMETHEUS_DIR / "rules" / "validity.yml").read_text())["groups"]
    named = {rule.get("alert") or rule["labels"].get("alert"): rule for rule in group["rules"] if "labels" in rule}
    named |= {rule["labels"]["alert"]: rule for rule in group["rules"] if rule.get("record") == "loadtest:condition"}
    limits = {
        "GeneratorCpuSaturated": CPU_LIMIT_RATIO,
        "GeneratorLoopBlocked": LOOP_LATE_LIMIT_RATIO,
        "GeneratorLoopLagHigh": LOOP_LAG_LIMIT_SECONDS,
    }
    for alert, limit in limits.items():
        match = re.search(r"\) > ([\d.]+)", named[alert]["expr"])
        assert match is not None
        assert float(match[1]) == limit
