"""The phases of a locustfile's own LoadTestShape: told by it, or found out from its users.

Locust asks a shape for users and a spawn rate, and knows of no phases. Without a word of the shape's the load ramps up
until the users of its first stage are there; from then on it is judged. A shape that knows better sets an attribute,
``loadtest_phase``, to ramp, steady, spike or recovery, whenever that changes.
"""

from __future__ import annotations

from typing import Any

from swarmscope_exporter.phases import LOAD_PHASES, Phase

ATTRIBUTE = "loadtest_phase"


class UnknownPhaseError(ValueError):
    """A shape names a phase that is not one of a load."""


def sets_own_phases(shape: Any) -> bool:
    """Return whether a shape tells the exporter its phases itself, as that of the scenarios does."""
    return bool(getattr(shape, "sets_phases", False))


def phase_of(shape: Any, phase: Phase, users: int, users_asked: int) -> Phase:
    """Return the phase that follows, by what the shape says, else by the users that run and those it asks for now.

    Once ramped up, more users are not a ramp again. Raise UnknownPhaseError.
    """
    told = getattr(shape, ATTRIBUTE, None)
    if told is not None:
        return _known(told)
    return Phase.STEADY if phase is Phase.RAMP and users >= users_asked > 0 else phase


def _known(told: object) -> Phase:
    for phase in LOAD_PHASES:
        if told == phase.value:
            return phase
    expected = ", ".join(phase.value for phase in (Phase.RAMP, Phase.STEADY, Phase.SPIKE, Phase.RECOVERY))
    raise UnknownPhaseError(f"the load shape's {ATTRIBUTE} is {told!r}: expected one of {expected}")
