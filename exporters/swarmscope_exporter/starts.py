"""Whether a start from the web interface may begin a run now, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import STATE_CLEANUP, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPING, MasterRunner

from swarmscope_exporter.phases import Phase, forget_refusal, refusal
from swarmscope_exporter.run import Run
from swarmscope_exporter.verdicts import AwaitedVerdicts

_BUSY_STATES = frozenset({STATE_SPAWNING, STATE_RUNNING, STATE_CLEANUP, STATE_STOPPING})
_PREPARE_GRACE_SECONDS = 5.0
#: How long a start waits for the run before it to be settled, and then for its own beginning.
_SETTLE_SECONDS = 10.0
_BEGIN_SECONDS = 5.0


class StartGate:
    """Lets one run begin at a time, and none while the one before it still needs its series and statistics."""

    def __init__(self, environment: Environment, current: Callable[[], Run | None], verdicts: AwaitedVerdicts) -> None:
        self.judged_by = ""  #: of the run that was asked for last
        self._environment: Any = environment
        self._current = current
        self._verdicts = verdicts
        self._taken: set[str] = set()

    def problem_with(self, run_id: str | None) -> str:
        """Return why a run must not be started under that name now, after a wait of some seconds; empty when it may."""
        run = self._current()
        if run is not None and self._would_spoil(run):
            return f"run {run.run_id} is under way: wait for its end, or stop it"
        if run is not None:
            self._taken.add(run.run_id)
        if run_id in self._taken:
            return f"run id {run_id!r} is taken by an earlier run: give another, or none"
        deadline = time.monotonic() + _SETTLE_SECONDS
        while (reason := self._unsettled()) and time.monotonic() < deadline:
            gevent.sleep(0.1)
        return reason

    def expect_run(self, judged_by: str) -> None:
        """Take note that a run was asked for: what was said of the last such request no longer holds."""
        forget_refusal(self._environment)
        self.judged_by = judged_by

    def refusal_after(self, last: Run | None) -> str:
        """Wait until the shape has made a run of a start or has refused it; return why it has, or an empty string.

        ``last`` is the run before the start.
        """
        deadline = time.monotonic() + _BEGIN_SECONDS
        while self._current() is last and not refusal(self._environment) and time.monotonic() < deadline:
            gevent.sleep(0.02)
        return refusal(self._environment)

    def is_preparing(self) -> bool:
        """Return whether a run has begun whose load is held back: the runner does not say so yet."""
        run = self._current()
        seconds = float(self._environment.parsed_options.loadtest_prepare_seconds) + _PREPARE_GRACE_SECONDS
        is_held = run is not None and run.phase is Phase.PREPARE
        return is_held and run is not None and time.time() < run.start_timestamp_seconds + seconds

    def _would_spoil(self, run: Run) -> bool:
        """Return whether another start would end a run under way, or change one that has a plan or a judge."""
        if self.is_preparing():  # a second start would end the first one for good
            return True
        is_busy = self._environment.runner.state in _BUSY_STATES
        return is_busy and (run.is_named or self._environment.shape_class is not None)

    def _unsettled(self) -> str:
        if self._environment.runner.shape_greenlet is not None:  # and no load yet
            return "the last START is waiting for its workers: press START again in a few seconds"
        return self._verdicts.unsettled(self._current()) or self._away()

    def _away(self) -> str:
        """Return a shape waits for its workers; without one Locust would start nothing, and say nothing."""
        runner = self._environment.runner
        if self._environment.shape_class is not None or not isinstance(runner, MasterRunner) or runner.worker_count:
            return ""
        return (
            "no worker is connected: after a run they are away for the stop timeout, press START again in a few seconds"
        )
