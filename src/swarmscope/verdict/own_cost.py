"""Reads what the harness itself cost a run."""

from __future__ import annotations

import math

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import OwnCost
from swarmscope_exporter.run_ids import of_run


def own_cost(prometheus: PrometheusApi, run_id: str, exporter_job: str, range_seconds: float) -> OwnCost:
    """Over the whole run, as far as Prometheus holds it; raises PrometheusUnavailableError."""
    window = f"[{round(range_seconds)}s]"

    def series(metric: str) -> str:
        return f"{metric}{{{of_run(run_id)}}}{window}"

    def value(query: str) -> float | None:
        found = prometheus.value(query)
        return None if found is None or math.isnan(found) else found

    spent = f"sum by (part) (last_over_time({series('loadtest_generator_overhead_seconds_total')}))"
    everything = f"scalar(sum(last_over_time({series('loadtest_generator_cpu_seconds_total')})))"
    late = value(f"sum(last_over_time({series('loadtest_late_sends_total')}))")
    shares = {row.labels["part"]: row.samples[0].value for row in prometheus.instant(f"{spent} / {everything}")}
    return OwnCost(
        cpu_ratio={part: share for part, share in sorted(shares.items()) if math.isfinite(share)},
        scrape_seconds=value(f'max(max_over_time(scrape_duration_seconds{{job="{exporter_job}"}}{window}))'),
        loop_lag_seconds=value(f"max(max_over_time({series('loadtest_generator_loop_lag_seconds')}))"),
        late_sends=None if late is None else round(late),
    )
