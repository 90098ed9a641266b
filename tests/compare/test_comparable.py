"""What keeps two sides from being compared, each in a line that names both values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from swarmscope.compare.comparable import obstacles
from swarmscope.compare.summary import ALL, Stretch, Subject
from tests.compare.summaries import LATENCY, side, summary


def between(a: dict[str, Any], b: dict[str, Any]) -> tuple[str, ...]:
    return obstacles(side(summary("a", **a)), side(summary("b", **b)))


def test_runs_under_the_same_conditions_can_be_compared() -> None:
    assert between({}, {}) == ()


@pytest.mark.parametrize(
    ("a", "b", "told"),
    [
        pytest.param({}, {"scenario": "mixed"}, "other scenario: smoke and mixed", id="scenario"),
        pytest.param(
            {}, {"machine": "Linux arm64"}, "other machine: Linux x86_64, 2 cores and Linux arm64", id="machine"
        ),
        pytest.param({}, {"workers": 4}, "other number of workers: 1 and 4", id="workers"),
        pytest.param({}, {"users": 12.0}, "other number of users: 10 and 12", id="users"),
        pytest.param({"rate": 50.0}, {"rate": 80.0}, "other rate: 50/s and 80/s", id="rate"),
        pytest.param({}, {"think_time_scale": 0.5}, "other think time scale: 1 and 0.5", id="think time"),
        pytest.param({}, {"load_seconds": 91.0}, "other run time: 60 s and 91 s", id="run time"),
        pytest.param({}, {"locustfile": "b.py"}, "other locustfile: locustfile.py and b.py", id="locustfile"),
    ],
)
def test_other_conditions_are_named(a: dict[str, Any], b: dict[str, Any], told: str) -> None:
    assert between(a, b) == (told,)


@pytest.mark.parametrize(
    "b",
    [
        pytest.param({"users": 10.4}, id="a user less for a moment"),
        pytest.param({"load_seconds": 89.0}, id="a run half as long again"),
        pytest.param({"machine": "", "workers": None, "users": None, "think_time_scale": None}, id="not known"),
    ],
)
def test_what_is_about_the_same_or_not_known_is_no_obstacle(b: dict[str, Any]) -> None:
    assert between({}, b) == ()


def test_rates_that_were_measured_count_where_none_was_asked_for() -> None:
    assert between({"arrivals_per_second": 50.0}, {"arrivals_per_second": 80.0}) == ("other rate: 50/s and 80/s",)
    assert between({"arrivals_per_second": 50.0}, {"arrivals_per_second": 51.0}) == ()
    assert between({"arrivals_per_second": 5.0}, {"arrivals_per_second": 5.5}) == ()  # 300 arrivals, and 330: chance
    assert between({"arrivals_per_second": 5.0}, {}) == ("other model of load: only some of the runs have arrivals",)


def test_the_same_run_on_both_sides_is_an_obstacle() -> None:
    both = side(summary("a"), summary("b"))
    assert obstacles(both, side(summary("b"))) == ("the same run on both sides: b",)


def test_a_side_without_runs_is_an_obstacle() -> None:
    assert obstacles(replace(side(), runs=()), side()) == ("side A has no runs",)


def test_doubts_are_told_with_the_run_that_they_are_of() -> None:
    saturated, unbalanced = "GeneratorCpuSaturated (worker-1) fired", "ledger: workers 10 ≠ Locust 9"
    assert between({"doubts": (saturated,)}, {"doubts": (unbalanced,)}) == (
        f"the generator was at its limit in run a: {saturated}",
        f"run b was not measured well: {unbalanced}",
    )


def test_runs_of_one_side_that_differ_are_named() -> None:
    mixed = side(summary("a"), summary("b", machine="Linux arm64"))
    assert obstacles(mixed, side(summary("c"))) == (
        "other machine: Linux x86_64, 2 cores, Linux arm64 and Linux x86_64, 2 cores",
    )
    again = side(summary("c"), summary("d", machine="Linux arm64"))
    assert obstacles(mixed, again) == (
        "the runs of side A differ in their machine: Linux x86_64, 2 cores, Linux arm64",
        "the runs of side B differ in their machine: Linux x86_64, 2 cores, Linux arm64",
    )


def test_a_latency_since_the_intended_start_is_not_compared_with_one_since_sending() -> None:
    chat = ("GET", "/chat")
    run = summary("b")
    intended = Subject(Stretch(60.0, 40.0, 0.0, LATENCY, LATENCY))
    found = obstacles(side(summary("a")), side(replace(run, subjects={**run.subjects, chat: intended})))
    assert found == ("other latency of GET /chat: since the intended start in some runs, since sending in the others",)
    assert ALL in run.subjects


def test_a_run_that_was_copied_under_another_id_is_found() -> None:
    copies = side(summary("one", began_seconds=1.0), summary("two", began_seconds=1.0))
    assert "one and two are one run: each counts once" in obstacles(copies, side(summary("three", began_seconds=5.0)))
