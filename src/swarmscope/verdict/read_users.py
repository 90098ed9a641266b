"""Reads how many virtual users a run had, and what became of them."""

from __future__ import annotations

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import UserSeconds
from swarmscope.verdict.user_facts import TaskException, UserFacts
from swarmscope_exporter.run_ids import series_of


def read_peak_users(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> float | None:
    """Return the most users at one time; raise PrometheusUnavailableError."""
    by_time: dict[float, float] = {}
    for series in prometheus.raw(series_of(run_id, "loadtest_users"), range_seconds):
        for sample in series.samples:
            by_time[sample.timestamp_seconds] = by_time.get(sample.timestamp_seconds, 0.0) + sample.value
    return max(by_time.values(), default=None)


def read_user_seconds(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> UserSeconds | None:
    """Return those that were due, and those of them that are missing; raise PrometheusUnavailableError."""
    due, missing = (
        prometheus.value(
            f"last_over_time({series_of(run_id, f'loadtest_user_seconds_{which}_total')}[{round(range_seconds)}s])"
        )
        for which in ("due", "missing")
    )
    return None if due is None or missing is None else UserSeconds(due, missing)


def read_user_facts(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> UserFacts:
    """Return what Prometheus holds of it at the end; raise PrometheusUnavailableError."""

    def last(metric: str, *labels: str) -> dict[tuple[str, ...], int]:
        query = f"last_over_time({series_of(run_id, metric)}[{round(range_seconds)}s])"
        rows = prometheus.instant(f"sum by ({', '.join(labels)}) ({query})")
        return {tuple(row.labels.get(label, "") for label in labels): round(row.samples[0].value) for row in rows}

    exceptions = last("loadtest_task_exceptions_total", "user_class", "exception", "after_failed_request")
    iterations = last("loadtest_iterations_total", "user_class")
    missed_starts = last("loadtest_missed_starts_total", "user_class")
    without_event = last("loadtest_requests_without_event_total", "method", "name")
    return UserFacts(
        begun=last("loadtest_requests_begun_total").get(()),
        without_event={" ".join(filter(None, key)): count for key, count in without_event.items() if count},
        iterations=sum(iterations.values()) if iterations else None,
        iterations_of={user_class: count for (user_class,), count in iterations.items()},
        missed_starts={user_class: count for (user_class,), count in missed_starts.items()},
        exceptions=tuple(
            TaskException(user_class, name, after == "true", count)
            for (user_class, name, after), count in exceptions.items()
            if count
        ),
        silent=last("loadtest_users_silent").get(()),
        cut_off=last("loadtest_users_cut_off_total").get(()),
        exit_code=last("loadtest_locustfile_exit_code").get((), 0),
    )
