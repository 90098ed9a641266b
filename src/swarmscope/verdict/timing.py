"""Response times in the wrong unit: Locust expects milliseconds, and a client of the user's own may give seconds."""

from __future__ import annotations

from swarmscope.prometheus.client import PrometheusApi
from swarmscope_exporter.endpoints import HTTP_METHODS
from swarmscope_exporter.run_ids import series_of

#: Fewer times than these say nothing of a client.
_MIN_TIMES = 10


def timing_warnings(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> tuple[str, ...]:
    """Return a sentence for each request type whose times look like seconds; raise PrometheusUnavailableError.

    Either the events themselves said so, by their start_time, or most times are under a millisecond. HTTP methods are
    left out of the latter: a server on the same machine is that quick, and Locust's own clients measure milliseconds.
    """

    def by_method(metric: str, *matchers: str) -> dict[str, float]:
        selector = f"{series_of(run_id, metric, *matchers)}[{round(range_seconds)}s]"
        rows = prometheus.instant(f"sum by (method) (last_over_time({selector}))")
        return {row.labels.get("method", ""): row.samples[0].value for row in rows}

    by_start_time = by_method("loadtest_times_like_seconds")
    counts = by_method("loadtest_request_duration_seconds_count")
    sums = by_method("loadtest_request_duration_seconds_sum")
    quick = by_method("loadtest_request_duration_seconds_bucket", 'le="0.001"')
    tiny = {
        method: f"{quick[method] / count:.0%} of {count:.0f} are under 1 ms"
        for method, count in counts.items()
        if method.upper() not in HTTP_METHODS
        and count >= _MIN_TIMES
        and sums.get(method, 0.0) > 0
        and quick.get(method, 0.0) > count / 2
    }
    found = {**tiny, **dict.fromkeys(by_start_time, "they are as many as the seconds since start_time")}
    return tuple(
        f"the response times of {method or 'requests without a type'} look like seconds, and Locust expects"
        f" milliseconds: {why}"
        for method, why in sorted(found.items())
    )
