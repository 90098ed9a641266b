"""Lines of threshold files, as tests need them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.rule_files import FileRule
from swarmscope.prometheus.rule_sets import rule_set

RULES = rule_set(DEFAULT_RULES).rules
OWN = Path("own.yml")


def line(expr: str = "vector(0.3)", path: Path = OWN, **labels: str | None) -> FileRule:
    """Return a threshold line; a label that is None is left out."""
    all_labels = {"scenario": "shop", "objective": "latency_p95_seconds", "bound": "max", "severity": "critical"}
    given = {name: value for name, value in (all_labels | labels).items() if value is not None}
    return FileRule("shop", "loadtest:threshold", expr, given, path)


def sure(expr: str = "vector(0.99)", **labels: str | None) -> FileRule:
    """Return the line that says how sure a run has to be of the threshold that `line` returns."""
    of_threshold = line(expr)
    given = of_threshold.labels | {"bound": None} | labels
    kept = {label: text for label, text in given.items() if text is not None}
    return replace(of_threshold, name="loadtest:threshold_confidence", labels=kept)
