"""--until-sure: when the run is looked at, and what is refused."""

from __future__ import annotations

import pytest

from swarmscope.errors import CommandError
from swarmscope.objectives import Interval
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked
from swarmscope.run.until_sure import UntilSure, until_sure_of
from swarmscope.verdict.sureness import is_decided
from tests.verdict.builders import objective


def test_a_range_is_read_and_looked_at_ever_more_rarely() -> None:
    until = until_sure_of("30s..10m")
    assert until == UntilSure(30.0, 600.0)
    assert until.look_seconds == pytest.approx((30, 45, 67.5, 101.25, 151.9, 227.8, 341.7, 512.6), abs=0.1)
    assert until.looks == 9


@pytest.mark.parametrize("text", ["10m", "..10m", "1m..", "1m..x", "0s..1m", "10m..1m", "1m..1m", "1m..2m..3m"])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(CommandError, match="--until-sure") as refused:
        until_sure_of(text)
    assert "\n" not in str(refused.value)


def test_it_and_a_run_time_contradict_each_other() -> None:
    with pytest.raises(CommandError, match="leave out one"):
        checked(RunOptions("smoke", until_sure=UntilSure(30, 60), run_time_seconds=30))


def test_scenarios_with_stages_are_refused() -> None:
    with pytest.raises(CommandError, match="spike has stages"):
        checked(RunOptions("spike", until_sure=UntilSure(30, 60)))


def test_the_longest_time_is_the_run_time() -> None:
    assert checked(RunOptions("smoke", until_sure=UntilSure(30, 60))).run_time_seconds == 60


@pytest.mark.parametrize(
    ("measured", "interval", "expected"),
    [
        (0.12, Interval(0.1, 0.19, 100.0, ""), True),
        (0.12, Interval(0.1, 0.25, 100.0, ""), False),
        (0.25, Interval(0.1, 0.3, 100.0, ""), False),
        (0.25, Interval(0.22, 0.3, 100.0, ""), True),
        (0.25, None, True),
        (None, None, False),
    ],
    ids=["surely met", "perhaps met", "perhaps missed", "surely missed", "without an interval", "not measured"],
)
def test_an_objective_is_decided_on_either_side_of_its_limit(
    measured: float | None, interval: Interval | None, expected: bool
) -> None:
    assert is_decided(objective(measured=measured, confidence=0.95, interval=interval)) is expected
