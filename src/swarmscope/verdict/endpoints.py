"""Reads the table of endpoints: how often each was asked over the whole run, the ramp included, and how fast it was."""

from __future__ import annotations

import math
from types import MappingProxyType

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import EndpointFigures
from swarmscope_exporter.run_ids import series_of

SERVICE_TIMES, RESPONSE_TIMES = "loadtest_request_duration_seconds", "loadtest_response_time_seconds"
#: 1 is the upper edge of the bucket that the slowest request fell into.
_LEVELS = MappingProxyType({"p50_seconds": 0.5, "p95_seconds": 0.95, "p99_seconds": 0.99, "max_seconds": 1.0})

_Key = tuple[str, str]


def read_endpoints(
    prometheus: PrometheusApi, run_id: str, range_seconds: float, load_seconds: float
) -> tuple[EndpointFigures, ...]:
    """Return all endpoints, the most asked first; raise PrometheusUnavailableError.

    Times are response times, as their thresholds judge, where an endpoint has them.
    """

    def by_endpoint(expr: str) -> dict[_Key, float]:
        return {
            (row.labels.get("method", ""), row.labels.get("name", "")): row.samples[0].value
            for row in prometheus.instant(expr)
            if math.isfinite(row.samples[0].value)
        }

    def last(metric: str, *matchers: str) -> str:
        return f"last_over_time({series_of(run_id, metric, *matchers)}[{round(range_seconds)}s])"

    requests = by_endpoint(f"sum by (method, name) ({last('loadtest_requests_total')})")
    failed = last("loadtest_requests_total", 'outcome="failure"')
    failures = by_endpoint(f"sum by (method, name) ({failed})")
    buckets = last(f"{SERVICE_TIMES}_bucket"), last(f"{RESPONSE_TIMES}_bucket", 'name!="(all)"')
    service_times, response_times = (f"sum by (method, name, le) ({each})" for each in buckets)
    times = {
        figure: by_endpoint(
            f"histogram_quantile({level}, {response_times}) or histogram_quantile({level}, {service_times})"
        )
        for figure, level in _LEVELS.items()
    }
    found = (
        EndpointFigures(
            method=key[0],
            name=key[1],
            requests=round(count),
            failures=round(failures.get(key, 0.0)),
            per_second=count / load_seconds if load_seconds else 0.0,
            **{figure: values.get(key) for figure, values in times.items()},
        )
        for key, count in requests.items()
        if count
    )
    return tuple(sorted(found, key=lambda each: (-each.requests, each.name, each.method)))
