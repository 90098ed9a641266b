"""Reads what became of the arrivals of a run, and how late they began."""

from __future__ import annotations

import math
from collections import Counter

from swarmscope.prometheus.client import PrometheusApi
from swarmscope.verdict.evidence import ArrivalCounts, Arrivals
from swarmscope_exporter.run_ids import series_of


def read_arrivals(prometheus: PrometheusApi, run_id: str, range_seconds: float) -> Arrivals | None:
    """Return what Prometheus holds of them at the end; None for a run without any.

    Raise PrometheusUnavailableError.
    """

    def last(metric: str, *labels: str) -> dict[tuple[str, ...], int]:
        rows = prometheus.instant(f"sum by ({', '.join(labels)}) (last_over_time({selected(metric)}))")
        return {tuple(row.labels.get(label, "") for label in labels): round(row.samples[0].value) for row in rows}

    def selected(metric: str) -> str:
        return f"{series_of(run_id, metric)}[{round(range_seconds)}s]"

    def lateness(level: float) -> float | None:
        buckets = f"sum by (le) (last_over_time({selected('loadtest_arrival_lateness_seconds_bucket')}))"
        found = prometheus.value(f"histogram_quantile({level:g}, {buckets})")
        return None if found is None or math.isnan(found) else found

    scheduled = last("loadtest_arrivals_scheduled_total").get(())
    if scheduled is None:
        return None
    became = Counter({outcome: count for (outcome,), count in last("loadtest_arrivals_total", "outcome").items()})
    by_worker = Counter(last("loadtest_worker_arrivals_total", "worker", "outcome"))
    return Arrivals(
        scheduled,
        became["started"],
        became["dropped"],
        became["cut_off"],
        became["lost"],
        workers={
            worker: ArrivalCounts(
                count, by_worker[worker, "started"], by_worker[worker, "dropped"], by_worker[worker, "cut_off"]
            )
            for (worker,), count in last("loadtest_worker_arrivals_scheduled_total", "worker").items()
        },
        lateness_p50_seconds=lateness(0.5),
        lateness_p99_seconds=lateness(0.99),
    )
