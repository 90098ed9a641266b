"""The slowest requests of a run whose traces were recorded: where to look first when a run was slow."""

from __future__ import annotations

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import TracedRequest
from swarmscope_exporter.run_ids import of_run

DURATION_BUCKETS = "loadtest_request_duration_seconds_bucket"
HOW_MANY = 20


def slowest_traces(
    prometheus: PrometheusApi, run_id: str, start_seconds: float, end_seconds: float, how_many: int = HOW_MANY
) -> tuple[TracedRequest, ...]:
    """The slowest first; none where nothing was traced, or where Prometheus keeps no exemplars.

    Nothing is decided by them, so a Prometheus that cannot answer this question is no reason to doubt a run.
    """
    selector = f"{DURATION_BUCKETS}{{{of_run(run_id)}}}"
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
