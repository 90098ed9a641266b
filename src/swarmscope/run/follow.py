"""Follows a run from its start until its totals are final."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console

from swarmscope.errors import CommandError
from swarmscope.output import reader_is_gone
from swarmscope.processes.signals import Interruptions
from swarmscope.run.breach import BreachWatch
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError, RunStatus
from swarmscope.run.progress import Progress
from swarmscope.run.sure_watch import SureWatch
from swarmscope_exporter.phases import StopOrder

_POLL_SECONDS = 1.0
_FINAL_POLL_SECONDS = 0.1
_OVERRUN_SECONDS = 60.0
#: For a master that is told again to stop, and is not waited for.
_SHORT_TIMEOUT_SECONDS = 2.0
PREPARE, DONE = "prepare", "done"
#: How the reason begins when a person stopped the run.
INTERRUPTED = "interrupted after"


@dataclass(frozen=True)
class PlannedEnd:
    """When a run is over: after a run time, where the locustfile has no shape that ends it, or once it is decided."""

    run_time_seconds: float | None = None
    sure: SureWatch | None = None

    def is_reached(self, status: RunStatus, load_seconds: float) -> bool:
        """Return whether a load that has lasted so long is to end now."""
        if not status.planned_seconds and self.run_time_seconds is not None and load_seconds >= self.run_time_seconds:
            return True
        return self.sure is not None and self.sure.is_over(load_seconds)


def follow(
    locust: LocustApi,
    progress: Progress,
    console: Console,
    *,
    end: PlannedEnd,
    breach: BreachWatch | None,
    require_alive: Callable[[], None],
    note: Callable[[RunStatus], None],
    interruptions: Interruptions,
) -> str:
    """Show progress until the run is done; return why it is to be ended before its time, or an empty string.

    Ctrl-C stops the users, and the run is judged on what there is. ``breach`` ends a run that cannot pass any more;
    ``require_alive`` raises CommandError when something that the verdict needs has ended; ``note`` is given each
    status.
    Raise CommandError when the users gave the run up before it had begun in earnest.
    """
    begin = time.monotonic()
    load_began: float | None = None
    reason = given_up = ""
    with progress.shown():
        try:
            with interruptions.let_through():
                while not reason:
                    require_alive()
                    status = locust.status()
                    seconds = time.monotonic() - begin
                    progress.update(status, seconds)
                    note(status)
                    if status.phase == DONE:
                        given_up = status.ended_because
                        break
                    if load_began is None and status.phase != PREPARE:
                        load_began = time.monotonic()  # not before the load did: it would end before its time
                    if load_began is not None and end.is_reached(status, time.monotonic() - load_began):
                        break
                    reason = _reason_to_stop(status, seconds)
                    if breach is not None and not reason:
                        reason = breach.reason(progress, seconds, load_began)
                    time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            reason = f"{INTERRUPTED} {time.monotonic() - begin:.0f} s"
        except (LocustUnavailableError, CommandError) as error:
            reason = str(error).partition(". Its log, ")[0]  # which is among the results
    if given_up:  # the users do that only when nothing can come of a run: the API does not answer, or refuses the login
        raise CommandError(given_up)
    if reason:
        console.print(f"Stopping: {reason}", markup=False, highlight=False)
    return reason


def _reason_to_stop(status: RunStatus, elapsed_seconds: float) -> str:
    if reader_is_gone():
        return f"{INTERRUPTED} {elapsed_seconds:.0f} s: nothing reads its output any more"
    if status.planned_seconds and elapsed_seconds > status.planned_seconds + _OVERRUN_SECONDS:
        return (
            f"the run should have ended after {status.planned_seconds:g} s, and has not after {elapsed_seconds:.0f} s"
        )
    return ""


def stop(
    locust: LocustApi, timeout_seconds: float, interruptions: Interruptions, *, order: StopOrder = StopOrder.STOP
) -> RunStatus | None:
    """Stop the users and wait for the final totals; None when the master no longer answers.

    ``order`` says whether the run is given up, or decided: its series say so then. After Ctrl-C nothing is waited for
    any more; the users are told to stop all the same.
    """
    try:
        try:
            with interruptions.let_through():
                return _stopped(locust, time.monotonic() + timeout_seconds, order)
        except KeyboardInterrupt:
            with suppress(LocustUnavailableError):  # it answers when the users are gone
                locust.stop(_SHORT_TIMEOUT_SECONDS, order=StopOrder.EARLY)
            return locust.status()
    except LocustUnavailableError:
        return None


def _stopped(locust: LocustApi, deadline: float, order: StopOrder) -> RunStatus:
    status, is_told = locust.status(), False
    while status.phase != DONE and time.monotonic() < deadline:
        if not is_told and status.phase != PREPARE:  # a master that still waits for Prometheus would go on afterwards
            locust.stop(order=order)
            is_told = True
        time.sleep(_FINAL_POLL_SECONDS)
        status = locust.status()
    return status


def has_begun(locust: LocustApi, run_id: str) -> bool:
    """Return whether that run is under load, or was."""
    try:
        status = locust.status()
    except (LocustUnavailableError, CommandError):
        return False
    return status.run_id == run_id and status.phase != PREPARE
