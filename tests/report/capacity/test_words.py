"""The words and figures that every form of a capacity is made of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from swarmscope.capacity.answer import Capacity, Found
from swarmscope.capacity.step import StepOutcome
from swarmscope.report.capacity.words import (
    boundaries,
    by_load,
    figures_of,
    goal,
    headline,
    how,
    outcomes,
    resource,
    scaling_law,
    share_text,
    why,
)
from tests.report.capacity.samples import SAMPLES, steps


@pytest.mark.parametrize(
    ("name", "told", "met"),
    [
        ("soft", "capacity 412 to 431/s", ""),
        ("at_least", "capacity_per_second 412 of at least 400/s", "met"),
        ("missed", "capacity_per_second 412 of at least 500/s", "missed"),
        ("straddling", "capacity_per_second 412 of at least 420/s", "undecided"),
        ("by_users", "capacity_users 100 of at least 90 users", "met"),
        ("interrupted", "capacity_per_second unknown of at least 400/s", "undecided"),
        ("below", "capacity below 500/s", ""),
        ("generator", "capacity unknown: 200/s held, and the load generator itself makes no more", ""),
    ],
)
def test_the_answer_is_told_against_the_goal_where_one_was_given(name: str, told: str, met: str) -> None:
    assert (headline(SAMPLES[name]()), goal(SAMPLES[name]())) == (told, met)


def test_a_goal_above_the_lowest_load_that_broke_names_that_load() -> None:
    assert headline(replace(SAMPLES["below"](), at_least=600.0)) == "capacity_per_second below 500 of at least 600/s"


def test_tries_of_one_load_are_one_row_in_the_order_of_load() -> None:
    rows = by_load(SAMPLES["soft"]().steps)
    assert [row.load for row in rows] == [50, 100, 200, 400, 412, 425, 431, 450, 800]
    assert [step.number for step in rows[4].steps] == [8, 10, 12]
    assert (outcomes(rows[4]), outcomes(rows[6])) == ("held 3 of 3", "broke 3 of 3")
    assert rows[4].median_of(lambda step: step.p95_seconds) == sorted(step.p95_seconds for step in rows[4].steps)[1]  # type: ignore[type-var]


def test_tries_that_ended_otherwise_are_counted_and_each_says_why() -> None:
    row = by_load(SAMPLES["mixed_tries"]().steps)[1]
    assert outcomes(row) == "held 1, undecided 1, generator 1, broke 1"
    assert why(row) == (
        "latency p95: too few requests (1 of 4), CPU of the load generator 98 % (1 of 4), latency p95 (1 of 4)"
    )


def test_what_broke_in_all_tries_comes_before_what_broke_in_some() -> None:
    first, *others = steps(431.0, 431.0, 431.0)
    row = by_load((replace(first, broken=("error ratio", "latency p95")), *others))[0]
    assert why(row) == "latency p95, error ratio (1 of 3)"
    many = by_load((replace(first, broken=tuple("abcde")),))[0]
    assert why(many) == "a, b, c, and 2 more"


def test_columns_without_a_value_are_left_out() -> None:
    headings = [figure.heading for figure in figures_of(SAMPLES["no_target_metrics"]().steps)]
    assert headings == ["p50", "p95", "p99", "Errors", "Answered"]
    assert figures_of(SAMPLES["nothing"]().steps) == ()


def test_objectives_at_the_boundary_have_medians_and_the_nearest_first() -> None:
    rows = boundaries(SAMPLES["soft"]())
    assert [row.title for row in rows] == ["latency p95", "endpoint latency p95 POST /api/chat", "error ratio"]
    row = rows[0]
    assert (row.limit, row.text(row.low), row.text(row.high)) == ("≤ 200 ms", "145 ms", "291 ms")
    assert [share_text(row.share(value)) for value in (row.low, row.high, None)] == ["73 %", "145 %", "-"]
    assert (row.is_met(row.low), row.is_met(row.high), row.is_met(None)) == (True, False, None)


def test_an_objective_that_only_warns_says_so_and_comes_last() -> None:
    base = SAMPLES["soft"]()
    warned = tuple(
        replace(each, objectives=(replace(each.objectives[0], severity="warning"), *each.objectives[1:]))
        for each in base.steps
    )
    assert [row.title for row in boundaries(replace(base, steps=warned))][-1] == "latency p95 (warning)"


@pytest.mark.parametrize(
    ("share", "told"), [(None, "-"), (0.0, "0 %"), (0.725, "72 %"), (9.99, "999 %"), (14.2, "14 times")]
)
def test_a_share_of_what_is_allowed_is_in_percent_up_to_ten_times(share: float | None, told: str) -> None:
    assert share_text(share) == told


def test_how_it_broke_is_said_where_it_is_known() -> None:
    assert how(SAMPLES["soft"]()) == "softly: it showed at 412/s already"
    assert how(SAMPLES["cliff"]()) == "a cliff: nothing told of it at 412/s"
    assert how(SAMPLES["below"]()) == ""
    assert how(SAMPLES["nothing"]()) == ""


def test_the_scaling_law_has_its_highest_point_where_there_is_one() -> None:
    found = SAMPLES["soft"]().scaling
    assert found is not None
    assert scaling_law(found) == (
        "169.0/s for each request under way, contention 37.8 %, coherency 0.001 % (R² 0.994);"
        " at most 441.0/s, with 249 under way"
    )
    assert "at most" not in scaling_law(replace(found, peak_throughput=None, peak_concurrency=None))


def test_resources_have_names_and_unknown_ones_keep_theirs() -> None:
    assert [resource(name) for name in ("target_cpu", "generator_cpu", "disk_io", "the queue")] == [
        "target CPU",
        "generator CPU",
        "disk io",
        "the queue",
    ]


def test_every_outcome_has_been_sampled() -> None:
    seen = {step.outcome for make in SAMPLES.values() for step in make().steps}
    found = {make().found for make in SAMPLES.values()}
    assert (seen, found) == (set(StepOutcome), set(Found))
    assert all(isinstance(make(), Capacity) for make in SAMPLES.values())
