"""One run, as the master knows it: who it is, which phase it is in since when, and what the workers have reported."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from swarmscope_exporter.arrival_plan import ArrivalBooks, ArrivalPlan
from swarmscope_exporter.hold import hold_of
from swarmscope_exporter.merge import Merge, WorkerReport
from swarmscope_exporter.phases import Ending, Phase, StopOrder
from swarmscope_exporter.run_details import RunDetails
from swarmscope_exporter.user_seconds import UserSeconds


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
    details: RunDetails = field(default_factory=RunDetails)
    planned_seconds: float = 0.0
    ended_because: str = ""  #: why the run was given up, in one line; empty when it was not
    stop_order: StopOrder = StopOrder.NONE
    ending: Ending | None = None  #: how its load ended; None before
    user_seconds: UserSeconds = field(default_factory=UserSeconds)
    is_named: bool = False  #: its id was given with its start
    judged_by: str = ""  #: who has promised a verdict when starting it; empty for a run of the web form
    exit_code: int = 0  #: that the locustfile had set when the next run began, see `swarmscope_exporter.exit_code`
    verdict: RunVerdict | None = None
    arrival_plan: ArrivalPlan | None = None  #: of a run with arrivals
    clock: Callable[[], float] = time.time
    phase: Phase = Phase.PREPARE
    phase_start_timestamps_seconds: dict[Phase, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.start_timestamp_seconds = self.clock()
        self.phase_start_timestamps_seconds[self.phase] = self.start_timestamp_seconds

    def enter(self, phase: Phase) -> None:
        """Begin a phase. The time of the first beginning stays; a run that is done stays done."""
        if phase == self.phase or self.phase is Phase.DONE:
            return
        self.phase = phase
        self.phase_start_timestamps_seconds.setdefault(phase, self.clock())

    @property
    def load_seconds(self) -> float:
        """How long the load has lasted, or did; 0 before it began."""
        begin = self.phase_start_timestamps_seconds.get(Phase.RAMP)
        return 0.0 if begin is None else self.phase_start_timestamps_seconds.get(Phase.STOPPING, self.clock()) - begin

    @property
    def arrival_books(self) -> ArrivalBooks | None:
        """What became of the arrivals up to now; None in a run that has none."""
        if self.arrival_plan is None:
            return None
        is_over = self.phase is Phase.DONE
        reports = self.merge.workers
        silent = [worker for worker in self.arrival_plan.epochs[-1].workers if not _is_final(reports.get(worker))]
        is_walked = is_over and self.ending is Ending.PLANNED
        return self.arrival_plan.books(self.merge.arrivals, silent if is_over else (), is_walked=is_walked)

    def is_timed(self, method: str, name: str) -> bool:
        """Return whether a threshold speaks of the times of this endpoint, or may do so."""
        timed = self.details.timed
        return timed is None or (method, name) in timed or (method, self.merge.name_templates.get(name)) in timed

    def is_apart(self, category: str) -> bool:
        """Return whether the latency of all requests leaves out this category, or may do so."""
        return self.details.apart is None or category in self.details.apart

    @property
    def hold_seconds(self) -> float:
        """How long a condition may last before it voids the run.

        A run without a planned end may be stopped at any moment, so its load is what it has been up to now. One that
        may end before its planned time may be as short as that.
        """
        return hold_of(self.details.min_seconds or self.planned_seconds or self.load_seconds)

    @property
    def end_timestamp_seconds(self) -> float | None:
        """When the totals became final; None before."""
        return self.phase_start_timestamps_seconds.get(Phase.DONE)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that every series carries."""
        return {"run_id": self.run_id, "scenario": self.scenario}


def _is_final(report: WorkerReport | None) -> bool:
    return report is not None and report.snapshot.final
