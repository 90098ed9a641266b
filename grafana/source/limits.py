"""The limits that alert rules of prometheus/rules/validity.yml hold themselves, read from there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from grafana.source.queries import Query, limit

VALIDITY_RULES = Path(__file__).parents[2] / "prometheus" / "rules" / "validity.yml"


@cache
def _alerts() -> dict[str, dict[str, object]]:
    groups = yaml.safe_load(VALIDITY_RULES.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"] if "alert" in rule}


def limit_of(alert: str) -> Query:
    """The line that an alert fires beyond. Raises KeyError without that alert, ValueError when it has no one limit."""
    rule = _alerts()[alert]
    found = re.findall(r"[<>] ([0-9.]+)\b", str(rule["expr"]))
    if len(found) != 1:
        raise ValueError(f"{alert} in {VALIDITY_RULES.name} compares with {len(found)} numbers, one was expected")
    labels = rule["labels"]
    assert isinstance(labels, dict)
    return limit(float(found[0]), labels["severity"], f"limit of {alert}")
