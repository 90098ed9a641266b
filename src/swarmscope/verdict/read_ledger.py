"""Reads the ledger of a run: the same requests as counted at each hop."""

from __future__ import annotations

import math

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import INTERVAL_SECONDS, TARGET_COUNTER, TARGET_JOB
from swarmscope.verdict.evidence import Ledger, RunFacts
from swarmscope.verdict.target import TargetSeries
from swarmscope_exporter.endpoints import HTTP_METHODS
from swarmscope_exporter.run_ids import series_of


class LedgerReader:
    """Reads the ledger of one run; raises PrometheusUnavailableError."""

    def __init__(self, prometheus: PrometheusApi, run_id: str, range_seconds: float) -> None:
        self._prometheus = prometheus
        self._run_id = run_id
        self._range_seconds = range_seconds

    def read(
        self, facts: RunFacts, exporter_count: int | None, end_seconds: float, *, counts_at_target: bool
    ) -> Ledger:
        """Return it; ``counts_at_target`` says that the API's own counter has to be there."""
        everything = self.total("loadtest_requests_total")
        # Requests to Locust that no target's HTTP counter has: WebSocket messages, and the page of the counter itself.
        websocket = self.total("loadtest_requests_total", method="WS") or 0
        metrics_page = self.total("loadtest_requests_total", name="/metrics") or 0
        by_method = self._by("method", "loadtest_requests_total", status="0")
        by_method.pop("WS", None)
        unanswered = sum(count for method, count in by_method.items() if method.upper() in HTTP_METHODS)
        # Other protocols have no HTTP status, answered or not. Some, such as XML-RPC, are HTTP to the target.
        without_status = sum(by_method.values()) - unanswered
        target = target_series(self._prometheus, self._range_seconds)
        return Ledger(
            workers=self._by("worker", "loadtest_worker_requests_total"),
            locust=self.total("loadtest_locust_requests_total"),
            exporter=exporter_count,
            prometheus=everything,
            http_answered=(
                None if everything is None else everything - websocket - metrics_page - unanswered - without_status
            ),
            unanswered=unanswered,
            cut_off=self.total("loadtest_inflight_at_stop_total") or 0,
            redirects=self.total("loadtest_redirects_total", to="same_origin") or 0,
            redirects_elsewhere=self.total("loadtest_redirects_total", to="other_origin") or 0,
            without_status=without_status,
            timed=self.total("loadtest_request_duration_seconds_count"),
            untimed=self.total("loadtest_requests_untimed_total") or 0,
            target=target.counted(
                facts.start_seconds, facts.load_start_seconds, facts.end_seen_seconds, INTERVAL_SECONDS
            ),
            target_expected=counts_at_target
            or any(
                facts.load_start_seconds <= sample.timestamp_seconds <= end_seconds
                for scrapes in target.up
                for sample in scrapes.samples
            ),
        )

    def total(self, metric: str, **labels: str) -> int | None:
        """Return the last value of a counter, summed over all series of the run."""
        value = self._prometheus.value(f"sum({self._last(metric, **labels)})")
        return None if value is None or math.isnan(value) else round(value)

    def _by(self, label: str, metric: str, **labels: str) -> dict[str, int]:
        """Return the last value of a counter by one label, summed over the others."""
        rows = self._prometheus.instant(f"sum by ({label}) ({self._last(metric, **labels)})")
        return {row.labels.get(label, ""): round(row.samples[0].value) for row in rows}

    def _last(self, metric: str, **labels: str) -> str:
        return f"last_over_time({series_of(self._run_id, metric, **labels)}[{round(self._range_seconds)}s])"


def target_series(prometheus: PrometheusApi, range_seconds: float) -> TargetSeries:
    """Return what Prometheus holds of the API's own counter over that time; raise PrometheusUnavailableError."""
    return TargetSeries(
        counters=prometheus.raw(TARGET_COUNTER, range_seconds),
        up=prometheus.raw(f'up{{job="{TARGET_JOB}"}}', range_seconds),
        scrape_durations=prometheus.raw(f'scrape_duration_seconds{{job="{TARGET_JOB}"}}', range_seconds),
    )
