"""Which runs wait for a verdict, so that a judge beside Locust finds them, and the next run leaves it the time."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from swarmscope_exporter.phases import Phase
from swarmscope_exporter.run import Run, RunVerdict

#: A judge that has not asked for so long is gone, and nothing waits for it.
JUDGE_TIMEOUT_SECONDS = 60.0
_MAX_RUNS = 4


@dataclass(frozen=True)
class Judged:
    """A run that has its verdict."""

    run_id: str
    verdict: RunVerdict


class AwaitedVerdicts:
    """The last runs of the web form, until each has its verdict; ``last`` is the one that was judged last."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.last: Judged | None = None
        self._clock = clock
        self._runs: deque[Run] = deque(maxlen=_MAX_RUNS)
        self._judge_seen_seconds: float | None = None

    def begin(self, run: Run) -> None:
        """Remember a run that has begun, unless the one who started it judges it."""
        if not run.judged_by:
            self._runs.append(run)

    def judge_asks(self) -> list[Run]:
        """Return the runs without a verdict, oldest first, the one under way included."""
        self._judge_seen_seconds = self._clock()
        return list(self._runs)

    def record(self, run_id: str, verdict: RunVerdict, current: Run | None = None) -> None:
        """Keep the verdict with its run, one that waits for it or ``current``; one on any other is ignored."""
        known = (*self._runs, *([current] if current is not None else []))
        for run in [run for run in known if run.run_id == run_id and run.verdict is None]:
            run.verdict = verdict
            self.last = Judged(run_id, verdict)
            if run in self._runs:
                self._runs.remove(run)

    def unsettled(self, run: Run | None) -> str:
        """Return why the next run has to wait, in one line: its beginning ends the series of ``run``, the last one."""
        if run is None:
            return ""
        if run.phase is Phase.STOPPING:
            return f"run {run.run_id} is ending: press START again in a few seconds"
        if self.is_judging(run):
            return f"run {run.run_id} is being judged: press START again in a few seconds"
        return ""

    def is_judging(self, run: Run) -> bool:
        """Return whether the run is over and has no verdict yet, and there is a judge."""
        seen = self._judge_seen_seconds
        has_judge = seen is not None and self._clock() - seen < JUDGE_TIMEOUT_SECONDS
        return has_judge and run.phase is Phase.DONE and run in self._runs
