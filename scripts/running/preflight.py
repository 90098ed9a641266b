"""Everything that must hold before the first request; what is missing stops the run with one line."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

from scripts.connections import in_words
from scripts.errors import CommandError
from scripts.prometheus_api import PrometheusApi
from scripts.running.locust_api import BUSY_STATES, LocustApi, LocustUnavailableError, RunStatus

_TARGET_TIMEOUT_SECONDS = (3.0, 10.0)
_POLL_SECONDS = 0.1


def require_target(url: str) -> None:
    """Raises CommandError when the API under test gives no HTTP response; any status will do."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            session.get(url, timeout=_TARGET_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise CommandError(
            f"The API at {url} does not answer ({in_words(error)}): start it, or name another with --host"
        ) from error


def require_prometheus(prometheus: PrometheusApi) -> None:
    """Raises CommandError when Prometheus is not ready."""
    if not prometheus.ready():
        raise CommandError(
            f"Prometheus at {prometheus.url} is not ready: start it, or name another with --prometheus-url"
        )


def wait_for_workers(locust: LocustApi, expected: int, timeout_seconds: float, alive: Callable[[], None]) -> RunStatus:
    """Waits until the master answers and that many workers are connected; ``alive`` raises when a process has ended."""
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
    """Raises CommandError when a master that runs already does not answer, or has a run under way."""
    try:
        status = locust.status()
    except LocustUnavailableError as error:
        raise CommandError(f"{error}: start it, or name another with --locust-url") from error
    if status.state in BUSY_STATES:
        raise CommandError(
            f"The Locust master at {locust.url} has a run under way ({status.run_id}): wait for its end, or stop it"
        )


def wait_until_watched(
    prometheus: PrometheusApi, run_id: str, timeout_seconds: float, alive: Callable[[], None]
) -> None:
    """Waits until Prometheus shows the run, with its counters at 0 and its thresholds in force.

    ``alive`` raises when there is nothing to wait for. Raises CommandError when Prometheus does not show the run: one
    that nobody watches cannot be judged.
    """
    deadline = time.monotonic() + timeout_seconds
    selector = f'{{run_id="{run_id}"}}'
    while time.monotonic() < deadline:
        if prometheus.instant(f"loadtest_run_info{selector}") and prometheus.instant(
            f"loadtest:run_threshold{selector}"
        ):
            return
        alive()
        time.sleep(_POLL_SECONDS)
    raise CommandError(
        f"Prometheus at {prometheus.url} does not show run {run_id} with its thresholds after {timeout_seconds:g} s:"
        " does it scrape the exporter (job loadtest)?"
    )
