"""Everything that must hold before the first request; what is missing stops the run with one line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from swarmscope.errors import CommandError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import INTERVAL_SECONDS, RUN_THRESHOLD, TARGET_JOB
from swarmscope.run.locust_api import BUSY_STATES, LocustApi, LocustUnavailableError, RunStatus
from swarmscope.stack.prometheus_server import LOOKBACK_SECONDS
from swarmscope.verdict.read_ledger import target_series
from swarmscope_exporter.run_ids import series_of

_POLL_SECONDS = 0.1
_TARGET_READ_TIMEOUT_SECONDS = 30.0
_TARGET_RANGE_SECONDS = 60.0
_RECENTLY_SECONDS = 3600.0


def require_prometheus(prometheus: PrometheusApi) -> None:
    """Raise CommandError when Prometheus is not ready."""
    if not prometheus.ready():
        raise CommandError(
            f"Prometheus at {prometheus.url} is not ready: start it, or name another with --prometheus-url"
        )


@contextmanager
def naming_the_doctor(prometheus_url: str | None) -> Iterator[None]:
    """Inside, an error that a Prometheus of the user's own causes ends with the command that lists all it lacks."""
    try:
        yield
    except CommandError as error:
        if prometheus_url is None:
            raise
        doctor = f"`swarmscope doctor --prometheus-url {prometheus_url}` lists all that it lacks"
        raise CommandError(f"{error}; {doctor}") from error


def wait_for_workers(locust: LocustApi, expected: int, timeout_seconds: float, alive: Callable[[], None]) -> RunStatus:
    """Wait until the master answers and that many workers are connected; ``alive`` raises when a process has ended."""
    deadline = time.monotonic() + timeout_seconds
    seen = "the master does not answer"
    while time.monotonic() < deadline:
        alive()
        try:
            status = locust.status()
        except LocustUnavailableError:
            pass
        else:
            if status.workers >= expected:
                return status
            seen = f"{status.workers} of {expected} workers are connected"
        time.sleep(_POLL_SECONDS)
    raise CommandError(f"Locust is not ready after {timeout_seconds:g} s: {seen}; see its logs in the results folder")


def require_idle(locust: LocustApi) -> None:
    """Raise CommandError when a master that runs already does not answer, or have a run under way."""
    try:
        status = locust.status()
    except LocustUnavailableError as error:
        raise CommandError(f"{error}: start it, or name another with --locust-url") from error
    if status.state in BUSY_STATES:
        raise CommandError(
            f"The Locust master at {locust.url} has a run under way ({status.run_id}): wait for its end, or stop it"
        )


def wait_until_watched(
    prometheus: PrometheusApi,
    run_id: str,
    timeout_seconds: float,
    alive: Callable[[], None],
    own_prometheus: str | None = None,
) -> None:
    """Wait until Prometheus shows the run, with its counters at 0 and its thresholds in force.

    ``alive`` raises when there is nothing to wait for; ``own_prometheus`` is the address of one that is the user's.
    Raise CommandError when Prometheus does not show the run: one that Prometheus does not watch cannot be judged.
    """
    deadline = time.monotonic() + timeout_seconds
    wanted = [series_of(run_id, metric) for metric in ("loadtest_run_info", RUN_THRESHOLD)]
    while time.monotonic() < deadline:
        if all(prometheus.instant(selector) for selector in wanted):
            return
        alive()
        time.sleep(_POLL_SECONDS)
    with naming_the_doctor(own_prometheus):
        raise CommandError(
            f"Prometheus at {prometheus.url} does not show run {run_id} with its thresholds after"
            f" {timeout_seconds:g} s: does it scrape the exporter (job loadtest)?"
        )


def wait_until_target_read(prometheus: PrometheusApi, alive: Callable[[], None], *, expected: bool) -> None:
    """Wait until Prometheus has read the API's own request counter, with all that it counted up to now.

    What comes later is the run's: its ledger ends at that counter. Without ``expected``, and without instances of the
    API that Prometheus scrapes, there is nothing to wait for. ``alive`` raises when something needed has ended. Raise
    CommandError when there is no reading in time.
    """
    (now,) = prometheus.instant("time()")
    # A Prometheus that was just started still sees samples of the one before it, for as long as it looks back.
    since_seconds = max(now.samples[0].value, prometheus.started_seconds() + LOOKBACK_SECONDS)
    deadline, missing = time.monotonic() + _TARGET_READ_TIMEOUT_SECONDS, "an instance of the API to scrape (job api)"
    while time.monotonic() < deadline:
        instances = prometheus.targets(TARGET_JOB)
        if not instances and not expected:
            return
        if instances:
            series = target_series(prometheus, _TARGET_RANGE_SECONDS)
            missing = series.unread_since(instances, since_seconds, INTERVAL_SECONDS)
            if not missing:
                return
        alive()
        time.sleep(_POLL_SECONDS)
    raise CommandError(
        f"Prometheus at {prometheus.url} lacks {missing} after {_TARGET_READ_TIMEOUT_SECONDS:g} s: does that address"
        " serve /metrics? Give another with --api-metrics, or take the job's target away"
    )


def knows_run(prometheus: PrometheusApi, run_id: str) -> bool:
    """Return whether Prometheus holds a run of that id, which is of this very second.

    Raise PrometheusUnavailableError.
    """
    return bool(prometheus.raw(series_of(run_id, "loadtest_run_start_timestamp_seconds"), _RECENTLY_SECONDS))
