"""Tells Prometheus the verdict of a run, for those who look at it later: Grafana, and whatever asks Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.processes.signals import Interruptions
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import INTERVAL_SECONDS
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError
from swarmscope.verdict.verdict import Verdict
from swarmscope_exporter.run_ids import series_of
from swarmscope_exporter.verdict_family import VERDICT, verdict_family

#: Two scrapes, of which the first may just have been missed.
TIMEOUT_SECONDS = 2.5 * INTERVAL_SECONDS
_POLL_SECONDS = 0.2

Address = tuple[str, int]


class _VerdictAlone(Collector):
    """Yields the verdict of one run, and nothing else of it: its series have ended."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    def describe(self) -> Iterable[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        run = self._verdict.run
        yield verdict_family(run.run_id, run.scenario, self._verdict.outcome)


@contextmanager
def verdict_page(verdict: Verdict, address: Address) -> Iterator[None]:
    """Serve the verdict where the exporter of the run was scraped; raise OSError when another program is there now."""
    registry = CollectorRegistry()
    registry.register(_VerdictAlone(verdict))
    host, port = address
    server, thread = start_http_server(port, host, registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def publish(verdict: Verdict, address: Address, prometheus: PrometheusApi, interruptions: Interruptions) -> None:
    """Serve the verdict until Prometheus has it, for some seconds at most; the run does not depend on it."""
    try:
        with verdict_page(verdict, address), interruptions.let_through():
            _wait_until_scraped(prometheus, verdict.run.run_id)
    except (OSError, KeyboardInterrupt, PrometheusUnavailableError):
        return


def tell_master(verdict: Verdict, folder: str, locust: LocustApi) -> None:
    """Tell a master that goes on after the run, which publishes the verdict; where it is gone, so is its exporter."""
    try:
        locust.record_verdict(verdict.run.run_id, verdict.outcome, verdict.reasons, folder)
    except LocustUnavailableError:
        return


def _wait_until_scraped(prometheus: PrometheusApi, run_id: str) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline and not prometheus.instant(series_of(run_id, VERDICT)):
        time.sleep(_POLL_SECONDS)
