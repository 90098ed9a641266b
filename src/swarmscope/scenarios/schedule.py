"""The stages of a scenario as a timetable in seconds, and the phase that a run is in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from swarmscope.scenarios.model import LoadPhase, Scenario

#: How much longer than planned the first ramp may take before the run counts as steady anyway, in seconds.
RAMP_GRACE_SECONDS = 5.0
#: Workers begin their clocks with the order to spawn: that of the last one has to reach the end of the schedule.
ARRIVALS_GRACE_SECONDS = 0.5


@dataclass(frozen=True)
class Step:
    """What a stage asks for: ``users`` in total, reached at ``spawn_rate`` users per second, until ``end_seconds``."""

    phase: LoadPhase
    users: int
    spawn_rate: float
    end_seconds: float


class Timetable:
    """The steps of one run of a scenario; raise ValueError where that leaves its users or its run time open."""

    def __init__(self, scenario: Scenario) -> None:
        size = scenario.size
        ends = accumulate(stage.time_share * size.run_time_seconds for stage in scenario.stages)
        self.steps = tuple(
            Step(stage.phase, scenario.users_in(stage), stage.spawn_rate or size.spawn_rate, end)
            for stage, end in zip(scenario.stages, ends, strict=True)
        )
        self.seconds = self.steps[-1].end_seconds
        self.rate_ramp_seconds = 0.0  #: in which the rate of the first arrivals rises
        self._grace_seconds = 0.0
        schedule = scenario.schedule
        if schedule is not None:
            self.rate_ramp_seconds = schedule.ramp_seconds
            self._grace_seconds = ARRIVALS_GRACE_SECONDS

    @property
    def ramp_seconds(self) -> float:
        """Planned length of the first ramp."""
        return max(self.steps[0].users / self.steps[0].spawn_rate, self.rate_ramp_seconds)

    def at(self, elapsed_seconds: float) -> Step | None:
        """Return the step at a moment of the run, None when the run is over."""
        if self.seconds <= elapsed_seconds < self.seconds + self._grace_seconds:
            return self.steps[-1]
        return next((step for step in self.steps if elapsed_seconds < step.end_seconds), None)


class PhaseTracker:
    """Tells the ramp from the first stage: it lasts until the users are there, or its time is well over."""

    def __init__(self, timetable: Timetable) -> None:
        self._timetable = timetable
        self._ramping = True

    def phase(self, step: Step, elapsed_seconds: float, user_count: int) -> LoadPhase:
        """Return the phase of a run with ``user_count`` users.

        Once ramped up, a dip below the target is not a ramp again.
        """
        overdue = elapsed_seconds > self._timetable.ramp_seconds + RAMP_GRACE_SECONDS
        is_there = user_count >= step.users and elapsed_seconds >= self._timetable.rate_ramp_seconds
        if step is not self._timetable.steps[0] or is_there or overdue:
            self._ramping = False
        return "ramp" if self._ramping else step.phase
