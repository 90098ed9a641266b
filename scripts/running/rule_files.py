"""The rule files on disk, and whether Prometheus has loaded exactly them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from scripts.errors import CommandError
from scripts.judging.completeness import WATCH_ALERT
from scripts.prometheus_api import LoadedRule, PrometheusApi

THRESHOLD_RECORD = "loadtest:threshold"
_FIRST_EVALUATION_TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True)
class FileRule:
    """A rule as it stands in a file."""

    group: str
    name: str
    expr: str
    labels: dict[str, str]


def read_rules(folder: Path) -> tuple[FileRule, ...]:
    """The rules of all ``*.yml`` in a folder; raises CommandError naming the file that is none."""
    rules: list[FileRule] = []
    paths = sorted(folder.glob("*.yml"))
    if not paths:
        raise CommandError(
            f"There are no rule files (*.yml) in {folder}: expected the thresholds and alerts of prometheus/rules"
        )
    for path in paths:
        try:
            groups = yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
            rules += [_rule(group["name"], rule) for group in groups for rule in group["rules"]]
        except (yaml.YAMLError, KeyError, TypeError, OSError) as error:
            raise CommandError(f"{path} is no Prometheus rule file: {error}") from error
    return tuple(rules)


def _rule(group: str, rule: dict[str, Any]) -> FileRule:
    name = rule.get("record") or rule["alert"]
    return FileRule(group, name, str(rule["expr"]), dict(rule.get("labels") or {}))


def watched_groups(rules: tuple[FileRule, ...]) -> tuple[str, ...]:
    """The groups that carry the alert which proves that they were evaluated."""
    return tuple(rule.labels.get("group", rule.group) for rule in rules if rule.name == WATCH_ALERT)


def require_thresholds(rules: tuple[FileRule, ...], scenario: str, folder: Path) -> None:
    """Raises CommandError when no threshold of its own is set for the scenario: a run nobody judges cannot pass."""
    known = {rule.labels.get("scenario", "") for rule in rules if rule.name == THRESHOLD_RECORD}
    if scenario not in known:
        listed = ", ".join(sorted(known - {"", "default"})) or "none"
        raise CommandError(
            f"No threshold is set for scenario {scenario!r} in {folder / 'thresholds.yml'}: add a line for it"
            f" (scenarios with thresholds: {listed})"
        )


def require_loaded(prometheus: PrometheusApi, rules: tuple[FileRule, ...], folder: Path) -> None:
    """Makes sure that Prometheus has exactly these rules, and that each evaluates without an error.

    Reloads once when they differ. Raises CommandError, or PrometheusUnavailableError.
    """
    if difference(prometheus, rules):
        prometheus.reload()
        still = difference(prometheus, rules)
        if still:
            raise CommandError(f"Prometheus at {prometheus.url} has other rules than {folder}: {still}")
    _wait_for(lambda: _unhealthy(prometheus))


def difference(prometheus: PrometheusApi, rules: tuple[FileRule, ...]) -> str:
    """What Prometheus has and the files have not, or the reverse, in words; empty when nothing."""
    spelling: dict[str, str] = {}

    def identity(rule: FileRule | LoadedRule, query: str) -> tuple[str, str, str, frozenset[tuple[str, str]]]:
        if query not in spelling:
            spelling[query] = prometheus.formatted(query)
        return (rule.group, rule.name, spelling[query], frozenset(rule.labels.items()))

    loaded = {identity(rule, rule.query) for rule in prometheus.rules()}
    on_disk = {identity(rule, rule.expr) for rule in rules}
    for group, name, *_ in sorted(on_disk - loaded, key=str):
        return f"{group}/{name} is not loaded as the file has it"
    for group, name, *_ in sorted(loaded - on_disk, key=str):
        return f"{group}/{name} is loaded and in no file"
    return ""


def _unhealthy(prometheus: PrometheusApi) -> str:
    rules = prometheus.rules()
    bad = next((rule for rule in rules if rule.health == "err"), None)
    if bad is not None:
        raise CommandError(f"Rule {bad.group}/{bad.name} does not evaluate: {bad.last_error}")
    waiting: list[LoadedRule] = [rule for rule in rules if rule.health != "ok"]
    return f"rule {waiting[0].group}/{waiting[0].name} was not evaluated yet" if waiting else ""


def _wait_for(missing: Callable[[], str]) -> None:
    deadline = time.monotonic() + _FIRST_EVALUATION_TIMEOUT_SECONDS
    while last := missing():
        if time.monotonic() > deadline:
            raise CommandError(
                f"Prometheus does not evaluate its rules: {last} after {_FIRST_EVALUATION_TIMEOUT_SECONDS:g} s"
            )
        time.sleep(0.2)
