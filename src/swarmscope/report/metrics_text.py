"""metrics.txt: what was measured, as lines that GitLab's metrics report and others compare between two branches."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from swarmscope.report.wording import printable
from swarmscope.verdict.verdict import Verdict


def to_metrics_text(verdict: Verdict) -> str:
    """Return a line for each objective that was measured, and for what was counted, without comments."""
    registry = CollectorRegistry()
    measured = Gauge(
        "swarmscope_measured",
        "What was measured over the judged part of the run.",
        ["scenario", "objective", "method", "name"],
        registry=registry,
    )
    counted = Gauge("swarmscope_counted", "Requests of the judged part.", ["scenario", "of"], registry=registry)
    scenario, figures = verdict.run.scenario, verdict.figures
    for result in verdict.objectives:
        objective = result.objective
        if objective.measured is not None:
            labels = (scenario, objective.objective, printable(objective.method), printable(objective.name))
            measured.labels(*labels).set(objective.measured)
    for what, count in (("requests", figures.requests), ("failures", figures.failures)):
        if count is not None:
            counted.labels(scenario, what).set(count)
    lines = generate_latest(registry).decode().splitlines()
    return "".join(f"{line}\n" for line in lines if not line.startswith("#"))
