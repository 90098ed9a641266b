"""Reads what became of the virtual users of a run."""

from __future__ import annotations

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.user_facts import TaskException, UserFacts
from swarmscope_exporter.run_ids import series_of


def read_user_facts(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> UserFacts:
    """Return what Prometheus holds of it at the end; raise PrometheusUnavailableError."""

    def last(metric: str, *labels: str) -> dict[tuple[str, ...], int]:
        query = f"last_over_time({series_of(run_id, metric)}[{round(range_seconds)}s])"
        rows = prometheus.instant(f"sum by ({', '.join(labels)}) ({query})")
        return {tuple(row.labels.get(label, "") for label in labels): round(row.samples[0].value) for row in rows}

    exceptions = last("loadtest_task_exceptions_total", "user_class", "exception", "after_failed_request")
    iterations = last("loadtest_iterations_total", "user_class")
    without_event = last("loadtest_requests_without_event_total", "method", "name")
    return UserFacts(
        begun=last("loadtest_requests_begun_total").get(()),
        without_event={" ".join(filter(None, key)): count for key, count in without_event.items() if count},
        iterations=sum(iterations.values()) if iterations else None,
        iterations_of={user_class: count for (user_class,), count in iterations.items()},
        exceptions=tuple(
            TaskException(user_class, name, after == "true", count)
            for (user_class, name, after), count in exceptions.items()
            if count
        ),
        silent=last("loadtest_users_silent").get(()),
        cut_off=last("loadtest_users_cut_off_total").get(()),
        exit_code=last("loadtest_locustfile_exit_code").get((), 0),
    )
