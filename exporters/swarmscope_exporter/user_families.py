"""What became of the virtual users, as metric families: iterations, exceptions, requests without an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from swarmscope_exporter.endpoints import OVERFLOW_NAME
from swarmscope_exporter.families import by_user_class, counter, gauge, with_run
from swarmscope_exporter.run import Run
from swarmscope_exporter.users_merge import OTHER_REQUESTS

_AFTER_FAILED_REQUEST = {False: "false", True: "true"}


def user_families(run: Run, user_classes: Iterable[str], exit_code: int) -> Iterator[Metric]:
    """Return all of them; those of a user class, and the sum of the exceptions, exist at 0 from the beginning."""
    users, none = run.merge.users, dict.fromkeys(user_classes, 0)
    without_event: dict[tuple[str, ...], float] = {OTHER_REQUESTS: 0}
    without_event |= users.without_event().items()
    yield counter(
        run,
        "loadtest_requests_begun",
        "Requests that the HTTP sessions of the users began.",
        (),
        {(): run.merge.begun},
    )
    yield counter(
        run,
        "loadtest_requests_without_event",
        "Requests that were begun and that Locust reported nothing of.",
        ("method", "name"),
        without_event,
    )
    yield by_user_class(run, "loadtest_iterations", "Tasks that users have done.", none | users.iterations())
    exceptions = {(name, OVERFLOW_NAME, after): 0 for name in none for after in (False, True)} | users.exceptions()
    yield counter(
        run,
        "loadtest_task_exceptions",
        "Exceptions in tasks, on_start, on_stop and wait_time.",
        ("user_class", "exception", "after_failed_request"),
        {(name, kind, _AFTER_FAILED_REQUEST[after]): count for (name, kind, after), count in exceptions.items()},
    )
    yield by_user_class(
        run,
        "loadtest_users_cut_off",
        "Users that waited in a task without an event when the stop timeout was over.",
        none | users.cut_off(),
    )
    silent = GaugeMetricFamily(
        "loadtest_users_silent", "Users that have long waited without an event.", labels=with_run("user_class")
    )
    for user_class, count in (none | users.silent()).items():
        silent.add_metric([run.run_id, run.scenario, user_class], count)
    yield silent
    yield gauge(
        run,
        "loadtest_locustfile_exit_code",
        "The exit code that the locustfile has set for Locust; 0 when none.",
        exit_code or run.merge.exit_code,
    )
