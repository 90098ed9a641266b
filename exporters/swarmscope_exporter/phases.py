"""The phases of a run; which of them count is decided by the rules in prometheus/, not here."""

from __future__ import annotations

from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    PREPARE = "prepare"  #: series exist at 0, Prometheus has to see them, no load yet
    RAMP = "ramp"
    STEADY = "steady"
    SPIKE = "spike"
    RECOVERY = "recovery"
    STOPPING = "stopping"  #: users are told to stop, requests in flight finish, last reports come in
    DONE = "done"  #: all that was measured has been merged: totals are final


class Ending(StrEnum):
    PLANNED = "planned"  #: the run time was over, the shape ended it, or Stop was pressed in a run that has neither
    STOPPED = "stopped"  #: Stop was pressed before that
    DECIDED = "decided"  #: the runner ended it, as it was to do once every objective is decided
    QUIT = "quit"  #: the users' code, a signal or the loss of the last worker ended it before that


class StopOrder(StrEnum):
    """What Locust's web interface was told: nothing, to stop, or to stop as the run is given up or is decided."""

    NONE = ""
    STOP = "stop"
    EARLY = "early"
    DECIDED = "decided"


#: Phases that the load shape chooses; the others are the exporter's own.
LOAD_PHASES = frozenset({Phase.RAMP, Phase.STEADY, Phase.SPIKE, Phase.RECOVERY})


def set_phase(environment: Any, phase: Phase) -> None:
    """Begin a phase of the run under way in this Locust environment; without a run, or on a worker, does nothing."""
    run = getattr(environment, "loadtest_run", None)
    if run is not None:
        run.enter(phase)


def note_end(environment: Any, reason: str) -> None:
    """Say to what drives Locust why a run is given up, or was not begun; the first reason stays."""
    run = getattr(environment, "loadtest_run", None)
    if run is None or run.phase is Phase.DONE:
        environment.loadtest_refused = refusal(environment) or reason
    else:
        run.ended_because = run.ended_because or reason


def refusal(environment: Any) -> str:
    """Return why no run was made of the last request for one; empty when one was."""
    return getattr(environment, "loadtest_refused", "")


def forget_refusal(environment: Any) -> None:
    """Forget it: another run is asked for."""
    environment.loadtest_refused = ""
