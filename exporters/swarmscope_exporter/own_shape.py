"""The phases of a locustfile's own LoadTestShape: told by it, or found out from its users.

Locust asks a shape for users and a spawn rate, and knows of no phases. Without a word of the shape's the load ramps up
until the users of its first stage are there; from then on it is judged. A shape that knows better sets an attribute,
``loadtest_phase``, to ramp, steady, spike or recovery, whenever that changes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gevent

from swarmscope_exporter.phases import LOAD_PHASES, Phase, note_end
from swarmscope_exporter.run import Run

if TYPE_CHECKING:
    from locust.env import Environment

logger = logging.getLogger(__name__)

ATTRIBUTE = "loadtest_phase"


class UnknownPhaseError(ValueError):
    """A shape names a phase that is not one of a load."""


class OwnShape:
    """The load shape of a locustfile, on the master or in the only process; nothing where it has none."""

    def __init__(self, environment: Environment) -> None:
        self._environment: Any = environment

    @property
    def _shape(self) -> Any:
        """Return the shape; None for that of the scenarios, which tells its phases and holds its clock itself."""
        shape = self._environment.shape_class
        return None if getattr(shape, "sets_phases", False) else shape

    def hold_while(self, is_preparing: Callable[[], bool]) -> None:
        """Let the shape repeat its first answer while the load is held back.

        Another one would start a single process a second time: its counters would begin anew, and void the run.
        """
        shape = self._shape
        last: Any = None
        if shape is None:
            return
        tick = shape.tick

        def held_tick() -> Any:
            nonlocal last
            if last is None or not is_preparing():
                last = tick()
            return last

        shape.tick = held_tick

    def restart_clock(self) -> None:
        """Let the shape's time begin with the load; a master does so, a single process does not."""
        if self._shape is not None:
            self._shape.reset_time()

    def follow(self, run: Run, users: int, asked: tuple[int, float] | None) -> None:
        """Enter the phase that the shape is in; end a run whose shape names one that is unknown.

        ``asked`` are the users and the spawn rate of its last order.
        """
        if self._shape is None or asked is None:
            return
        try:
            run.enter(phase_of(self._shape, run.phase, users, asked[0]))
        except UnknownPhaseError as error:
            logger.error(error)  # noqa: TRY400  # a user's mistake: one line, no traceback
            note_end(self._environment, str(error))
            gevent.spawn(self._environment.runner.stop)


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
