"""The phases of a load shape that is not ours: found out from its users, or told by it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from swarmscope_exporter.own_shape import UnknownPhaseError, phase_of
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
