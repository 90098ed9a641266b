"""The phases of a load shape that is not ours: found out from its users, or told by it."""

from __future__ import annotations

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from swarmscope_exporter.own_shape import OwnShape, UnknownPhaseError, phase_of
from swarmscope_exporter.phases import Phase

SILENT = SimpleNamespace()


@pytest.mark.parametrize(
    ("phase", "users", "asked", "then"),
    [
        (Phase.RAMP, 4, 5, Phase.RAMP),
        (Phase.RAMP, 5, 5, Phase.STEADY),
        (Phase.RAMP, 0, 0, Phase.RAMP),
        (Phase.STEADY, 5, 50, Phase.STEADY),
    ],
)
def test_the_ramp_ends_when_the_users_that_the_shape_asks_for_are_there(
    phase: Phase, users: int, asked: int, then: Phase
) -> None:
    assert phase_of(SILENT, phase, users, asked) is then


def test_a_shape_that_tells_its_phase_is_believed_also_when_it_goes_back() -> None:
    told = [
        phase_of(SimpleNamespace(loadtest_phase=name), Phase.STEADY, 9, 9) for name in ("ramp", "spike", "recovery")
    ]
    assert told == [Phase.RAMP, Phase.SPIKE, Phase.RECOVERY]


@pytest.mark.parametrize("name", ["done", "peak", "", 3])
def test_a_phase_that_no_load_has_is_refused_with_those_that_it_may_have(name: object) -> None:
    with pytest.raises(UnknownPhaseError) as error:
        phase_of(SimpleNamespace(loadtest_phase=name), Phase.RAMP, 1, 5)
    assert str(error.value) == (
        f"the load shape's loadtest_phase is {name!r}: expected one of ramp, steady, spike, recovery"
    )


def shaped(**attributes: Any) -> Any:
    ticks = count(1)
    return SimpleNamespace(shape_class=SimpleNamespace(tick=lambda: (next(ticks), 1), **attributes))


def test_while_the_load_is_held_back_a_shape_repeats_its_first_answer() -> None:
    environment, preparing = shaped(), [False]
    OwnShape(environment).hold_while(lambda: preparing[0])
    answers = []
    for preparing[0] in (False, True, True, False, False):
        answers.append(environment.shape_class.tick())
    assert answers == [(1, 1), (1, 1), (1, 1), (2, 1), (3, 1)]


def test_the_shape_of_the_scenarios_which_holds_its_clock_itself_is_left_alone() -> None:
    environment = shaped(sets_phases=True)
    OwnShape(environment).hold_while(lambda: True)
    assert [environment.shape_class.tick() for _ in range(2)] == [(1, 1), (2, 1)]
