"""When a run was, as Prometheus tells."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from swarmscope.prometheus.names import INTERVAL_SECONDS, JUDGED_ALERT
from swarmscope.report.html.query_cache import Prometheus
from swarmscope.report.html.window import Window
from swarmscope_exporter.run_ids import series_of

_LONGEST_MEMORY_SECONDS = 15 * 86400.0
#: After its judgement a run has two evaluations more, so that the last alerts are seen.
_AFTER_JUDGEMENT_SECONDS = 2 * INTERVAL_SECONDS
_UNJUDGED_SECONDS = 30.0


@dataclass(frozen=True)
class RunTime:
    """A run that Prometheus knows: its scenario, and the window that shows all of it."""

    scenario: str
    window: Window
    is_over: bool


def run_time(prometheus: Prometheus, run_id: str, now: Callable[[], float] = time.time) -> RunTime | None:
    """Return none when Prometheus holds nothing of the run; raise PrometheusUnavailableError."""
    [info, ends, judged] = [
        prometheus.raw(selector, _LONGEST_MEMORY_SECONDS, now())
        for selector in (
            series_of(run_id, "loadtest_run_start_timestamp_seconds"),
            series_of(run_id, "loadtest_run_end_timestamp_seconds"),
            series_of(run_id, "ALERTS", alertname=JUDGED_ALERT),
        )
    ]
    if not info:
        return None
    start, last_seen = info[0].samples[0].value, info[0].samples[-1].timestamp_seconds
    scenario = info[0].labels.get("scenario", "")
    if judged:
        end = judged[0].samples[0].timestamp_seconds + _AFTER_JUDGEMENT_SECONDS
    elif ends:
        end = min(last_seen, ends[0].samples[0].value + _UNJUDGED_SECONDS)
    else:
        end = last_seen
    return RunTime(scenario, Window(start, max(end, start + 1)), is_over=bool(ends))
