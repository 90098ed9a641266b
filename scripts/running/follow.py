"""Follows a run from its start until its totals are final."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console

from scripts.errors import CommandError
from scripts.running.locust_api import LocustApi, LocustUnavailableError, RunStatus
from scripts.running.progress import Progress

_POLL_SECONDS = 1.0
_FINAL_POLL_SECONDS = 0.1
_OVERRUN_SECONDS = 60.0
DONE = "done"
#: How the reason begins when a person stopped the run.
INTERRUPTED = "interrupted after"


def follow(
    locust: LocustApi,
    progress: Progress,
    console: Console,
    *,
    run_time_seconds: float | None,
    abort_on_breach: bool,
    require_alive: Callable[[], None],
    note: Callable[[RunStatus], None],
) -> str:
    """Shows progress until the run is done; returns why it ended before its time, or an empty string.

    Ctrl-C stops the users, and the run is judged on what there is. ``run_time_seconds`` ends a run whose locustfile
    has no shape that would; ``require_alive`` raises CommandError when something that the verdict needs has ended;
    ``note`` is given each status.
    Raises CommandError when the users gave the run up before it had begun in earnest.
    """
    begin = time.monotonic()
    reason = given_up = ""
    with progress.shown():
        try:
            while not reason:
                require_alive()
                status = locust.status()
                elapsed = time.monotonic() - begin
                progress.update(status, elapsed)
                note(status)
                if status.phase == DONE:
                    given_up, reason = status.ended_because, _too_short(status)
                    break
                if run_time_seconds is not None and not status.planned_seconds and elapsed >= run_time_seconds:
                    break
                reason = _reason_to_stop(progress, status, elapsed, abort_on_breach=abort_on_breach)
                time.sleep(_POLL_SECONDS)
        except KeyboardInterrupt:
            reason = f"{INTERRUPTED} {time.monotonic() - begin:.0f} s"
        except (LocustUnavailableError, CommandError) as error:
            reason = str(error).partition(". Its log, ")[0]  # which is among the results
    if given_up:  # the users do that only when nothing can come of a run: nobody answers, or nobody lets them in
        raise CommandError(given_up)
    if reason:
        console.print(f"Stopping: {reason}", markup=False, highlight=False)
    return reason


def _too_short(status: RunStatus) -> str:
    """A run that ended before its time has not measured what it was to measure."""
    if not status.planned_seconds or status.end_seconds is None or status.start_seconds is None:
        return ""
    lasted_seconds = status.end_seconds - status.start_seconds
    if lasted_seconds >= status.planned_seconds:
        return ""
    return f"the run ended after {lasted_seconds:.0f} s of the {status.planned_seconds:g} s that were planned"


def _reason_to_stop(progress: Progress, status: RunStatus, elapsed_seconds: float, *, abort_on_breach: bool) -> str:
    if abort_on_breach and progress.figures.critical:
        return f"aborted on breach: {', '.join(progress.figures.critical)}"
    if status.planned_seconds and elapsed_seconds > status.planned_seconds + _OVERRUN_SECONDS:
        return (
            f"the run should have ended after {status.planned_seconds:g} s, and has not after {elapsed_seconds:.0f} s"
        )
    return ""


def stop(locust: LocustApi, timeout_seconds: float) -> RunStatus | None:
    """Stops the users and waits for the final totals; None when the master no longer answers."""
    deadline = time.monotonic() + timeout_seconds
    try:
        status = locust.status()
        if status.phase != DONE:
            locust.stop()
        while status.phase != DONE and time.monotonic() < deadline:
            time.sleep(_FINAL_POLL_SECONDS)
            status = locust.status()
    except LocustUnavailableError:
        return None
    return status
