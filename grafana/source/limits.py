"""The limits that alert rules of prometheus/rules/validity.yml hold themselves, read from there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from grafana.source.queries import Query, limit

VALIDITY_RULES = Path(__file__).parents[2] / "prometheus" / "rules" / "validity.yml"


@cache
def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(VALIDITY_RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _compared(alert: dict[str, Any]) -> str:
    """Return what an alert compares: the condition that is recorded for it, where it has to last."""
    conditions = [rule for rule in _rules() if rule.get("record") == "loadtest:condition"]
    of_alert = (rule["expr"] for rule in conditions if rule["labels"]["alert"] == alert["alert"])
    return str(next(of_alert, alert["expr"]))


def limit_of(alert: str) -> Query:
    """Return the line that an alert fires beyond.

    Raise KeyError without that alert, ValueError when it has no one limit.
    """
    rule = {rule["alert"]: rule for rule in _rules() if "alert" in rule}[alert]
    found = re.findall(r"[<>] ([0-9.]+)\b", _compared(rule))
    if len(found) != 1:
        raise ValueError(f"{alert} in {VALIDITY_RULES.name} compares with {len(found)} numbers, one was expected")
    return limit(float(found[0]), rule["labels"]["severity"], f"limit of {alert}")
