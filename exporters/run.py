"""One run, as the master knows it: who it is, which phase it is in since when, and what the workers have reported."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from exporters.merge import Merge
from exporters.phases import Phase


@dataclass(frozen=True)
class RunVerdict:
    """What the judge of a run found: PASS, FAIL or INCONCLUSIVE, why, and the folder with the evidence."""

    outcome: str
    reasons: tuple[str, ...] = ()
    results: str = ""


@dataclass
class Run:
    """The run under way or the last one; timestamps in seconds since the epoch, by the master's clock."""

    run_id: str
    scenario: str
    workers_expected: int
    merge: Merge
    host: str = ""
    planned_seconds: float = 0.0
    ended_because: str = ""  #: why the run was given up, in one line; empty when it was not
    stopped_early: bool = False  #: somebody stopped a run that would have ended by itself
    is_named: bool = False  #: its id was given with its start
    judged_by: str = ""  #: who has promised a verdict when starting it; empty for a run of the web form
    verdict: RunVerdict | None = None
    clock: Callable[[], float] = time.time
    phase: Phase = Phase.PREPARE
    phase_start_timestamps_seconds: dict[Phase, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start_timestamp_seconds = self.clock()
        self.phase_start_timestamps_seconds[self.phase] = self.start_timestamp_seconds

    def enter(self, phase: Phase) -> None:
        """Begins a phase. The time of the first beginning stays; a run that is done stays done."""
        if phase == self.phase or self.phase is Phase.DONE:
            return
        self.phase = phase
        self.phase_start_timestamps_seconds.setdefault(phase, self.clock())

    @property
    def end_timestamp_seconds(self) -> float | None:
        """When the totals became final; None before."""
        return self.phase_start_timestamps_seconds.get(Phase.DONE)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that every series carries."""
        return {"run_id": self.run_id, "scenario": self.scenario}
