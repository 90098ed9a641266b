"""The rules of one proof: those of the product and of the project, with a table of thresholds of its own."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from swarmscope.alert_proof.case import LIVE_ALERT, Case, missed
from swarmscope.objectives import Threshold
from swarmscope.project.settings import project
from swarmscope.project.yaml_text import load_yaml
from swarmscope.prometheus.compiled import CONFIDENCE_RECORD, JUDGING_RECORDS, THRESHOLD_RECORD
from swarmscope.prometheus.rule_files import rule_paths
from swarmscope.prometheus.rule_sets import lay_out, rule_set

#: What a quick proof waits for instead: windows of 10 s, and 6 s for an alert to fire.
_QUICKER = ((r"\b1m\b", "10s"), (r"\b30s\b", "6s"), (r"offset 6s > 20\b", "offset 6s > 2"))


def alert_names(folder: Path) -> tuple[str, ...]:
    """Return all alerts of the rule files, in their order, each once.

    The live one for each objective that it judges.
    """
    documents = [load_yaml(file.text) for file in rule_set(folder).files]
    rules = [rule for doc in documents for group in doc["groups"] for rule in group["rules"]]
    judged = [missed(objective) for objective in _live_objectives(rules)]
    alerts = [rule["alert"] for rule in rules if "alert" in rule]
    return tuple(dict.fromkeys(name for alert in alerts for name in (judged if alert == LIVE_ALERT else [alert])))


def _live_objectives(rules: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return those with a formula for the last minute: a formula that names no window is for every window.

    That for shares names no objective either: the project does.
    """
    formulas = [rule.get("labels", {}) for rule in rules if rule.get("record") == "loadtest:objective"]
    named = [labels.get("objective", "") for labels in formulas if labels.get("window", "live") == "live"]
    return [*filter(None, named), *project().objectives]


def write_rules(source: Path, folder: Path, case: Case, scenario: str, *, quick: bool) -> Path:
    """Lay out the rules of a case in ``folder``; ``quick`` shortens the times in them. Return the folder."""
    lay_out(source, None, folder)
    for path in rule_paths(folder):
        _take_out_thresholds(path)
    (folder / "thresholds.yml").write_text(_table(case.thresholds, scenario), encoding="utf-8")
    if case.extra_rules:
        (folder / "proof.yml").write_text(case.extra_rules, encoding="utf-8")
    if quick:
        for path in rule_paths(folder):
            path.write_text(quicker(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def _take_out_thresholds(path: Path) -> None:
    """Take what a case has of its own out of a rule file: one of a real scenario has others there."""
    groups = load_yaml(path.read_text(encoding="utf-8"))["groups"]
    kept = [
        group | {"rules": [r for r in group["rules"] if r.get("record") not in JUDGING_RECORDS]} for group in groups
    ]
    if kept != groups:
        filled = [group for group in kept if group["rules"]]
        path.write_text(yaml.safe_dump({"groups": filled}, sort_keys=False, width=math.inf), encoding="utf-8")


def quicker(text: str) -> str:
    """Return the same rules with shorter windows, so that a run of a minute is long enough to see them fire."""
    for pattern, replacement in _QUICKER:
        text = re.sub(pattern, replacement, text)
    return text


def _table(thresholds: tuple[Threshold, ...], scenario: str) -> str:
    """Return the thresholds as rules; a run need not be sure of one that says nothing of it: a proof has one cause."""
    rules = []
    for threshold in thresholds:
        labels = _labels(threshold, scenario)
        rules.append({"record": THRESHOLD_RECORD, "labels": labels, "expr": f"vector({threshold.value:g})"})
        unbound = {label: text for label, text in labels.items() if label != "bound"}
        rules.append({"record": CONFIDENCE_RECORD, "labels": unbound, "expr": f"vector({threshold.confidence or 0:g})"})
    return yaml.safe_dump({"groups": [{"name": "loadtest-thresholds", "rules": rules}]}, sort_keys=False)


def _labels(threshold: Threshold, scenario: str) -> dict[str, str]:
    given = {"objective": threshold.objective, "method": threshold.method, "name": threshold.name}
    return {
        "scenario": scenario,
        **{label: value for label, value in given.items() if value},
        "bound": threshold.bound,
        "severity": threshold.severity,
    }
