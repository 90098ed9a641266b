"""metrics.txt holds what was measured, a line each."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from swarmscope.report.metrics_text import to_metrics_text
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Figures
from tests.verdict.builders import evidence, objective


def test_each_objective_is_a_line_that_can_be_compared() -> None:
    slow = objective(objective="endpoint_latency_p95_seconds", method="GET", name='/a"b', measured=0.31)
    unmeasured = objective(objective="error_ratio", measured=None)
    verdict = decide(evidence(objectives=(objective(), slow, unmeasured), figures=Figures(requests=500, failures=2)))
    text = to_metrics_text(verdict)
    assert 'swarmscope_counted{of="failures",scenario="smoke"} 2.0' in text
    found = {
        (sample.labels["objective"], sample.labels["name"]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "swarmscope_measured"
    }
    assert found == {("latency_p95_seconds", ""): 0.12, ("endpoint_latency_p95_seconds", '/a"b'): 0.31}
