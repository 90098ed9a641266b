"""The rules and their promtool tests, as data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from swarmscope.project.settings import project
from swarmscope.prometheus.rule_files import rule_paths

PROMETHEUS_DIR = Path(__file__).parents[2] / "prometheus"
RULES_DIR = PROMETHEUS_DIR / "rules"
TESTS_DIR = PROMETHEUS_DIR / "tests"
#: With the one that is made of swarmscope.toml, as Docker's Prometheus reads it.
RULE_FILES = [*rule_paths(RULES_DIR), PROMETHEUS_DIR / "rules" / "reference" / "thresholds.yml"]
TEST_FILES = sorted(TESTS_DIR.glob("*.yml"))


@dataclass(frozen=True)
class Threshold:
    """A line of thresholds.yml."""

    scenario: str
    objective: str
    bound: str
    severity: str
    method: str
    name: str
    value: float

    @property
    def subject(self) -> tuple[str, str, str, str, str]:
        return (self.scenario, self.objective, self.method, self.name, self.severity)


@cache
def read(path: Path) -> Any:
    """Return a file's content; it is long, so it is read once."""
    return yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def groups(path: Path) -> list[dict[str, Any]]:
    return list(read(path)["groups"])


def promtool_tests() -> list[dict[str, Any]]:
    return [entry for path in TEST_FILES for entry in read(path)["tests"]]


def rules(kind: str) -> list[dict[str, Any]]:
    """Return all rules with that key: ``record`` or ``alert``."""
    return [rule for path in RULE_FILES for group in groups(path) for rule in group["rules"] if kind in rule]


def alert_names() -> list[str]:
    return sorted({rule["alert"] for rule in rules("alert")})


def wait_seconds(alert: str) -> int:
    """Return how long an alert has to be pending before it fires."""
    [wait] = {rule.get("for", "0s") for rule in rules("alert") if rule["alert"] == alert}
    return int(wait.removesuffix("s"))


def held_alerts() -> set[str]:
    """Return those that fire once their condition has lasted for as long as the exporter says."""
    return {rule["labels"]["alert"] for rule in rules("record") if rule["record"] == "loadtest:condition"}


def objectives() -> set[str]:
    """Return all that have a formula; those for shares and own metrics are one for all, which the project names."""
    named = {rule["labels"]["objective"] for rule in _formulas() if "objective" in rule.get("labels", {})}
    return named | set(project().objectives)


def live_objectives() -> set[str]:
    """Return those with a formula for the last minute: one that is not of another window is of every window."""
    formulas = (rule["labels"] for rule in _formulas() if "objective" in rule.get("labels", {}))
    named = {labels["objective"] for labels in formulas if labels.get("window", "live") == "live"}
    return named | set(project().objectives)


def _formulas() -> list[dict[str, Any]]:
    return [rule for rule in rules("record") if rule["record"] == "loadtest:objective"]


def thresholds() -> list[Threshold]:
    return [_threshold(rule) for rule in rules("record") if rule["record"] == "loadtest:threshold"]


def _threshold(rule: dict[str, Any]) -> Threshold:
    labels = dict(rule["labels"])
    value = float(rule["expr"].removeprefix("vector(").removesuffix(")"))
    method, name = labels.pop("method", ""), labels.pop("name", "")
    return Threshold(**labels, method=method, name=name, value=value)
