"""Waits, after a run, until Prometheus holds all of it and has judged the final totals."""

from __future__ import annotations

import time

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.names import INTERVAL_SECONDS, JUDGED_ALERT, TARGET_JOB, WATCH_ALERT
from swarmscope.verdict.read_ledger import target_series
from swarmscope_exporter.run_ids import series_of

_POLL_SECONDS = 0.25
_QUERY_TIMEOUT_SECONDS = 5.0
#: Longer than the wait for the end itself may take.
_TARGET_RANGE_SECONDS = 120.0


def settle(prometheus: PrometheusApi, run_id: str, exporter_count: int | None, timeout_seconds: float) -> str:
    """Return an empty string when all has arrived, else what was still missing at the deadline, in words."""
    prometheus = prometheus.with_timeout(_QUERY_TIMEOUT_SECONDS)
    deadline = time.monotonic() + timeout_seconds
    end_seen_seconds: float | None = None
    missing = "the end of the run"
    while time.monotonic() < deadline:
        try:
            end_seen_seconds = end_seen_seconds or _end_seen(prometheus, run_id)
            missing = _missing(prometheus, run_id, exporter_count, end_seen_seconds)
        except PrometheusUnavailableError as error:
            missing = str(error)
        if not missing:
            return ""
        time.sleep(_POLL_SECONDS)
    return f"after {timeout_seconds:g} s Prometheus still lacks: {missing}"


def _end_seen(prometheus: PrometheusApi, run_id: str) -> float | None:
    return prometheus.value(f"timestamp({series_of(run_id, 'loadtest_run_end_timestamp_seconds')})")


def _missing(prometheus: PrometheusApi, run_id: str, exporter_count: int | None, end_seen: float | None) -> str:
    if end_seen is None:
        return "the end of the run"
    total = prometheus.value(f"sum({series_of(run_id, 'loadtest_requests_total')})")
    # Without a request there is no series of one, unless endpoints were declared.
    if exporter_count is not None and (total or 0) != exporter_count:
        return (
            f"the final total (has {total if total is not None else 'nothing'}, the exporter counted {exporter_count})"
        )
    watching = [rule for rule in prometheus.rules() if rule.name == WATCH_ALERT]
    fired = series_of(run_id, "ALERTS", alertname=WATCH_ALERT, alertstate="firing")
    judged = {
        series.labels.get("group"): series.samples[0].value for series in prometheus.instant(f"timestamp({fired})")
    }
    for rule in watching:
        group = rule.labels.get("group")
        # One interval on top: a group may have read what another recorded before it saw the end.
        if judged.get(group, 0.0) < end_seen + rule.evaluation_interval_seconds:
            return f"an evaluation of rule group {group} on the final totals"
    if not watching:
        return f"a rule named {WATCH_ALERT}"
    if not prometheus.instant(series_of(run_id, "ALERTS", alertname=JUDGED_ALERT, alertstate="firing")):
        return f"the alert {JUDGED_ALERT}"
    return _target_unread(prometheus, end_seen)


def _target_unread(prometheus: PrometheusApi, end_seen_seconds: float) -> str:
    """Return which reading of the API's own counter is missing; its scrapes may be later than the exporter's."""
    instances = [instance for instance, health in prometheus.targets(TARGET_JOB).items() if health == "up"]
    if not instances:
        return ""
    return target_series(prometheus, _TARGET_RANGE_SECONDS).unread_since(instances, end_seen_seconds, INTERVAL_SECONDS)
