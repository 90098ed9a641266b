"""The runs from which a scenario was another: what is found, and what is not."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

import pytest

from swarmscope.report.history.changes import MIN_RUNS, changes_in, splits
from swarmscope.report.history.past_runs import PastRun

LEVELS = [1.0] * 15 + [1.3] * 15 + [1.0] * 15


def runs(levels: Iterable[float], noise: float = 0.03, seed: int = 1, **changed: object) -> list[PastRun]:
    chance = random.Random(seed)
    return [
        PastRun(
            f"run-{number:03d}",
            "smoke",
            "PASS",
            0,
            1000.0 * number,
            f"run-{number:03d}",
            users=10.0,
            requests_per_second=100 * math.exp(chance.gauss(0, 0.01)),
            latency_p50_seconds=0.05 * level * math.exp(chance.gauss(0, noise)),
            latency_p95_seconds=0.16 * level * math.exp(chance.gauss(0, noise)),
            error_ratio=0.0,
            commit=f"{number:07d}abcdef",
            **changed,  # type: ignore[arg-type]
        )
        for number, level in enumerate(levels)
    ]


def lines(found: list[PastRun]) -> list[str]:
    return [line for each in changes_in(found) for line in each.lines]


def test_the_run_from_which_the_p95_was_another_is_named_with_its_commit() -> None:
    (searched,) = changes_in(runs([1.0] * 12 + [1.17] * 9))
    change = next(each for each in searched.changes if each.figure == "latency_p95_seconds")
    assert change.run_id == "run-012"
    assert change.shift == pytest.approx(0.17, abs=0.03)
    assert (change.runs_before, change.runs_after) == (12, 9)
    line = next(line for line in searched.lines if "p95" in line)
    assert line.startswith("smoke: p95 16")
    assert "from run-012 (commit 0000012) on, after 12 runs before and 9 since; p = 0.00" in line


def test_two_changes_are_both_found() -> None:
    found = [place for place, _ in splits([math.log(run.latency_p95_seconds or 1) for run in runs(LEVELS)])]
    assert sorted(found) == [15, 30]


def test_where_nothing_changes_nothing_is_found() -> None:
    assert lines(runs([1.0] * 40)) == ["smoke: no change in 40 runs"]


def test_a_single_bad_run_is_not_a_change() -> None:
    assert lines(runs([1.0] * 12 + [1.5] + [1.0] * 12)) == ["smoke: no change in 25 runs"]


def test_few_runs_say_how_many_it_takes() -> None:
    assert lines(runs([1.0] * 3 + [9.0] * 3)) == [f"smoke: 6 runs that count, and a change is found from {MIN_RUNS} on"]


def test_another_load_is_not_a_change_but_searched_apart() -> None:
    more = runs([2.0] * 12)
    other = [PastRun(**{**each.__dict__, "users": 50.0, "began_seconds": each.began_seconds + 1e6}) for each in more]
    assert lines([*runs([1.0] * 12), *other]) == [
        "smoke with 10 users: no change in 12 runs",
        "smoke with 50 users: no change in 12 runs",
    ]


def test_runs_that_prove_nothing_are_left_out() -> None:
    doubtful = [PastRun(**{**each.__dict__, "verdict": "INCONCLUSIVE"}) for each in runs([5.0] * 12)]
    assert lines([*runs([1.0] * 12), *doubtful]) == ["smoke: no change in 12 runs"]


def test_false_alarms_are_rare() -> None:
    sequences = 20
    alarms = sum(bool(changes_in(runs([1.0] * 20, seed=seed))[0].changes) for seed in range(sequences))
    assert alarms <= 2
