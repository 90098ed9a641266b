"""What a search says of what it found."""

from __future__ import annotations

import pytest

from swarmscope.capacity.answer import Found
from swarmscope.capacity.findings import capacity_of, known_ends
from swarmscope.capacity.search import End, Ended
from swarmscope.capacity.step import GROWS, TARGET_CPU, TARGET_POOL, Measured, Step, StepOutcome
from tests.capacity.made import BROKE, HELD, p95, step

SETTLED = Ended(End.SETTLED, 400.0, 418.0)


def steps(held: float, broke: float, **used: float) -> list[Step]:
    """Return both ends of an interval, three times, with their p95."""
    low = [step(400.0, HELD, number, objectives=(p95(held),)) for number in (1, 3, 5)]
    high = [
        step(418.0, BROKE, number, objectives=(p95(broke),), broken=("latency p95",), used=used) for number in (2, 4, 6)
    ]
    return [*low, *high]


def test_a_threshold_that_nothing_told_of_broke_as_a_cliff() -> None:
    first = capacity_of("shop", "rate", steps(0.04, 1.6), SETTLED).first
    assert first is not None
    assert (first.is_cliff, first.held_share, first.broke_share) == (True, 0.08, 3.2)
    assert first.sentence == (
        "latency p95 broke first, as a cliff: it used 8 % at 400/s and 320 % at 418/s of what its threshold allows"
    )


def test_a_threshold_that_came_closer_broke_softly() -> None:
    first = capacity_of("shop", "rate", steps(0.44, 0.53), SETTLED).first
    assert first is not None
    assert first.is_cliff is False
    assert ", softly:" in first.sentence


def test_ends_far_apart_do_not_tell_how_it_broke() -> None:
    found = [step(100.0, objectives=(p95(0.01),)), step(200.0, BROKE, objectives=(p95(2),), broken=("latency p95",))]
    first = capacity_of("shop", "rate", found, None, why="interrupted in step 3, 141/s").first
    assert first is not None
    assert first.is_cliff is None


def test_a_response_time_that_grows_is_told_by_its_p95() -> None:
    low = [step(400.0, HELD, n, objectives=(p95(0.04, 5.0),)) for n in (1, 2, 3)]
    high = [step(418.0, BROKE, n, objectives=(p95(0.9, 5.0),), broken=(GROWS,)) for n in (4, 5, 6)]
    first = capacity_of("shop", "rate", [*low, *high], SETTLED).first
    assert first is not None
    assert first.is_cliff is True
    assert first.sentence.startswith("the response time grows all the way at 418/s, as a cliff: p95 used 1 % at 400/s")


@pytest.mark.parametrize(
    ("used", "told"),
    [
        ({TARGET_CPU: 0.97}, ("its CPU (0.97 cores, all that one process of one thread can use)",)),
        ({TARGET_CPU: 1.95}, ("its CPU (1.95 cores, all that 2 processes of one thread can use)",)),
        ({TARGET_CPU: 1.4}, ()),
        ({TARGET_CPU: 0.3, TARGET_POOL: 0.99}, ("its connection pool (99 % in use)",)),
        ({}, ()),
    ],
    ids=["one core", "two", "in between", "pool", "nothing published"],
)
def test_what_was_used_up_is_named(used: dict[str, float], told: tuple[str, ...]) -> None:
    assert capacity_of("shop", "rate", steps(0.04, 1.6, **used), SETTLED).exhausted == told


@pytest.mark.parametrize(
    ("at_least", "outcome"), [(None, "PASS"), (400, "PASS"), (390, "PASS"), (410, "INCONCLUSIVE"), (418, "FAIL")]
)
def test_what_is_needed_passes_by_the_lower_end_and_fails_by_the_upper_one(
    at_least: float | None, outcome: str
) -> None:
    assert capacity_of("shop", "rate", steps(0.04, 1.6), SETTLED, at_least=at_least).outcome == outcome


def test_a_generator_at_its_limit_decides_nothing_but_what_held() -> None:
    ended = Ended(End.GENERATOR, 400.0, 418.0)
    found = capacity_of("shop", "rate", steps(0.04, 0.05)[:3], ended, workers=1)
    assert found.outcome == "INCONCLUSIVE"
    assert found.first is None
    assert "capacity unknown: 400/s held, and the load generator itself makes no more" in found.sentence
    assert any("--workers 2" in advice for advice in found.advice)
    needed = {n: capacity_of("shop", "rate", steps(0.04, 0.05)[:3], ended, at_least=n) for n in (300, 500)}
    assert {n: each.outcome.value for n, each in needed.items()} == {300: "PASS", 500: "INCONCLUSIVE"}


def test_a_search_that_was_ended_keeps_what_it_knew_and_does_not_pass() -> None:
    found = capacity_of("shop", "rate", steps(0.04, 1.6)[:4], None, why="interrupted in step 5, 400/s", at_least=100)
    assert (found.found, found.low, found.high) == (Found.ENDED, 400.0, 418.0)
    assert found.outcome == "INCONCLUSIVE"
    assert found.sentence == "capacity unknown; 400/s held, 418/s broke: interrupted in step 5, 400/s"


def test_a_search_whose_first_step_was_ended_knows_nothing() -> None:
    found = capacity_of("shop", "rate", [], None, why="interrupted in step 1, 50/s")
    assert (found.low, found.high, found.outcome) == (None, None, "INCONCLUSIVE")


def test_what_was_met_on_too_few_samples_is_told_and_is_not_enough_for_a_goal() -> None:
    unsure = ("endpoint latency p95 POST /rare",)
    found = [step(400.0, HELD, n, objectives=(p95(0.1),), unsure=unsure) for n in (1, 2, 3)]
    capacity = capacity_of("shop", "rate", [*found, *steps(0.1, 2)[3:]], SETTLED, at_least=300)
    assert capacity.unsure == unsure
    assert capacity.outcome == "INCONCLUSIVE"
    assert any("too few samples to be sure of endpoint latency p95 POST /rare" in each for each in capacity.warnings)
    sure_once = [*found[:2], step(400.0, HELD, 3, objectives=(p95(0.1),)), *steps(0.1, 2)[3:]]
    assert capacity_of("shop", "rate", sure_once, SETTLED, at_least=300).outcome == "PASS"


def test_breaks_below_and_mixed_loads_between_are_told() -> None:
    found = [
        *steps(0.04, 1.6),
        step(100.0, BROKE, 7),
        step(410.0, HELD, 8),
        step(410.0, BROKE, 9),
        step(400.0, StepOutcome.UNMEASURED, 10),
    ]
    warnings = " | ".join(capacity_of("shop", "rate", found, SETTLED).warnings)
    assert "100/s broke as well, below loads that held" in warnings
    assert "between both ends loads held and broke by turns: 410/s" in warnings
    assert "1 steps say nothing" not in warnings
    assert "1 step says nothing and was tried again" in warnings


def test_the_ends_that_are_known_are_those_that_always_did_the_same() -> None:
    found = [step(100.0), step(200.0), step(200.0, BROKE), step(400.0, BROKE), step(300.0, StepOutcome.UNDECIDED)]
    assert known_ends(found) == (100.0, 400.0)


@pytest.mark.parametrize(
    ("objective", "bound", "threshold", "measured", "share"),
    [
        ("latency_p95_seconds", "max", 0.5, 0.25, 0.5),
        ("availability_ratio", "min", 0.99, 0.98, 2.0),
        ("availability_ratio", "min", 1.0, 0.98, 1 / 0.98),
        ("error_ratio", "max", 0.0, 0.1, None),
        ("error_ratio", "max", 0.01, None, None),
    ],
)
def test_how_much_of_a_threshold_was_used(
    objective: str, bound: str, threshold: float, measured: float | None, share: float | None
) -> None:
    found = Measured(objective, "", bound, "critical", threshold, measured, "PASS").share_of_threshold
    assert found == (None if share is None else pytest.approx(share))


def test_loads_that_broke_in_some_tries_told_of_the_end() -> None:
    found = [*steps(0.04, 1.6), step(410.0, HELD, 8), step(410.0, BROKE, 9)]
    first = capacity_of("shop", "rate", found, SETTLED).first
    assert first is not None
    assert first.is_cliff is False


def test_a_machine_without_cpu_left_is_told_of() -> None:
    (busy,) = capacity_of("shop", "rate", steps(0.04, 1.6, machine_cpu=0.97), SETTLED).warnings
    assert busy.startswith("the machine of the load generator had no CPU left (97 % in use): a target on it")
    assert capacity_of("shop", "rate", steps(0.04, 1.6, machine_cpu=0.6), SETTLED).warnings == ()


def test_a_threshold_that_nothing_was_measured_by_keeps_it_from_passing() -> None:
    found = [step(400.0, HELD, n, objectives=(p95(0.1),), without_data=("endpoint latency p95 /x",)) for n in (1, 2, 3)]
    capacity = capacity_of("shop", "rate", [*found, *steps(0.1, 2)[3:]], SETTLED)
    assert capacity.outcome == "INCONCLUSIVE"
    assert any(
        "nothing was measured by endpoint latency p95 /x: is it misspelled" in each for each in capacity.warnings
    )


def test_what_holds_no_load_at_all_may_be_something_else_than_load() -> None:
    nothing = [step(load, BROKE, n, broken=("error ratio",)) for n, load in enumerate((50.0, 12.5, 3.12), 1)]
    ended = Ended(End.LOWEST_BROKE, None, 3.12)
    assert capacity_of("shop", "rate", nothing, ended).outcome == "INCONCLUSIVE"
    assert capacity_of("shop", "rate", nothing, ended, at_least=100).outcome == "FAIL"


def test_a_search_that_was_not_decided_is_not_an_answer() -> None:
    found = capacity_of("shop", "rate", steps(0.04, 1.6)[:3], Ended(End.UNDECIDED, 400.0, None), at_least=100)
    assert found.outcome == "INCONCLUSIVE"
    assert "thresholds were met by too little to be sure above 400/s" in found.sentence


def test_ends_that_were_tried_once_are_told() -> None:
    found = [step(400.0, HELD, 1, objectives=(p95(0.1),)), step(418.0, BROKE, 2, broken=("latency p95",))]
    warnings = capacity_of("shop", "rate", found, SETTLED).warnings
    assert "400/s was tried once only: an accident can look like a limit" in warnings
    assert len(warnings) == 2


def test_the_endpoint_that_was_slowest_where_latency_broke_is_named() -> None:
    found = steps(0.04, 1.6)
    found[3:] = [step(418.0, BROKE, n, broken=("latency p95",), slowest="POST /checkout") for n in (2, 4, 6)]
    first = capacity_of("shop", "rate", found, SETTLED).first
    assert first is not None
    assert first.sentence.endswith("; the slowest endpoint was POST /checkout")
