"""What the judge found of a run as a metric: the exporter publishes it, or the runner where Locust has ended."""

from __future__ import annotations

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

VERDICT = "loadtest_run_verdict"


def verdict_family(run_id: str, scenario: str, outcome: str) -> Metric:
    """Return 1 for the outcome, in small letters."""
    text = "1 for the verdict that the run was judged with."
    family = GaugeMetricFamily(VERDICT, text, labels=("run_id", "scenario", "verdict"))
    family.add_metric([run_id, scenario, outcome.lower()], 1)
    return family
