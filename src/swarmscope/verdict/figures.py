"""Figures that decide nothing: what observing the run cost, and its slowest traced requests."""

from __future__ import annotations

import math

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import OwnCost, TracedRequest
from swarmscope_exporter.run_ids import series_of


def own_cost(prometheus: PrometheusApi, run_id: str, exporter_job: str, range_seconds: float) -> OwnCost:
    """Over the whole run, as far as Prometheus holds it; raise PrometheusUnavailableError."""
    window = f"[{round(range_seconds)}s]"

    def series(metric: str) -> str:
        return f"{series_of(run_id, metric)}{window}"

    def value(query: str) -> float | None:
        found = prometheus.value(query)
        return None if found is None or math.isnan(found) else found

    spent = f"sum by (part) (last_over_time({series('loadtest_generator_overhead_seconds_total')}))"
    everything = f"scalar(sum(last_over_time({series('loadtest_generator_cpu_seconds_total')})))"
    shares = {row.labels["part"]: row.samples[0].value for row in prometheus.instant(f"{spent} / {everything}")}
    return OwnCost(
        cpu_ratio={part: share for part, share in sorted(shares.items()) if math.isfinite(share)},
        scrape_seconds=value(f'max(max_over_time(scrape_duration_seconds{{job="{exporter_job}"}}{window}))'),
        loop_lag_seconds=value(f"max(max_over_time({series('loadtest_generator_loop_lag_seconds')}))"),
    )


DURATION_BUCKETS = "loadtest_request_duration_seconds_bucket"
HOW_MANY = 20


def slowest_traces(
    prometheus: PrometheusApi, run_id: str, start_seconds: float, end_seconds: float, how_many: int = HOW_MANY
) -> tuple[TracedRequest, ...]:
    """Return the slowest first; none where nothing was traced, or where Prometheus keeps no exemplars.

    Nothing is decided by them, so a Prometheus that cannot answer this question is not a reason to doubt a run.
    """
    selector = series_of(run_id, DURATION_BUCKETS)
    try:
        found = prometheus.exemplars(selector, start_seconds, end_seconds)
    except PrometheusUnavailableError:
        return ()
    requests = {
        TracedRequest(
            method=series.labels.get("method", ""),
            name=series.labels.get("name", ""),
            outcome=series.labels.get("outcome", ""),
            seconds=sample.value,
            trace_id=labels["trace_id"],
            ended_seconds=sample.timestamp_seconds,
        )
        for series in found
        for labels, sample in series.exemplars
        if labels.get("trace_id")
    }
    return tuple(sorted(requests, key=lambda request: (-request.seconds, request.ended_seconds))[:how_many])
