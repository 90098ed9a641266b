"""The rules of one proof: those of the repository, with a table of thresholds of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from swarmscope.alert_proof.case import LIVE_ALERT, Case, Limit, missed
from swarmscope.project.yaml_text import load_yaml
from swarmscope.prometheus.rule_files import lay_out

#: What a quick proof waits for instead: windows of 10 s, and 6 s for an alert to fire.
_QUICKER = ((r"\b1m\b", "10s"), (r"\b30s\b", "6s"), (r"offset 6s > 20\b", "offset 6s > 2"))


def alert_names(folder: Path) -> tuple[str, ...]:
    """All alerts of the rule files, in their order, each once; the live one for each objective that it judges."""
    documents = [load_yaml(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yml"))]
    rules = [rule for doc in documents for group in doc["groups"] for rule in group["rules"]]
    judged = [missed(objective) for objective in _live_objectives(rules)]
    alerts = [rule["alert"] for rule in rules if "alert" in rule]
    return tuple(dict.fromkeys(name for alert in alerts for name in (judged if alert == LIVE_ALERT else [alert])))


def _live_objectives(rules: Iterable[Mapping[str, Any]]) -> list[str]:
    """Those with a formula for the last minute: a formula that names no window is for every window."""
    formulas = [rule["labels"] for rule in rules if rule.get("record") == "loadtest:objective"]
    return [labels["objective"] for labels in formulas if labels.get("window", "live") == "live"]


def write_rules(source: Path, folder: Path, case: Case, scenario: str, *, quick: bool) -> Path:
    """Lays out the rules of a case in ``folder``; ``quick`` shortens the times in them. Returns the folder."""
    lay_out(source, None, folder)
    (folder / "thresholds.yml").write_text(_table(case.limits, scenario), encoding="utf-8")
    if case.extra_rules:
        (folder / "proof.yml").write_text(case.extra_rules, encoding="utf-8")
    if quick:
        for path in folder.glob("*.yml"):
            path.write_text(quicker(path.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def quicker(text: str) -> str:
    """The same rules with shorter windows, so that a run of a minute is long enough to see them fire."""
    for pattern, replacement in _QUICKER:
        text = re.sub(pattern, replacement, text)
    return text


def _table(limits: tuple[Limit, ...], scenario: str) -> str:
    rules = [
        {"record": "loadtest:threshold", "labels": _labels(limit, scenario), "expr": f"vector({limit.value:g})"}
        for limit in limits
    ]
    return yaml.safe_dump({"groups": [{"name": "loadtest-thresholds", "rules": rules}]}, sort_keys=False)


def _labels(limit: Limit, scenario: str) -> dict[str, str]:
    given = {"objective": limit.objective, "method": limit.method, "name": limit.name}
    return {
        "scenario": scenario,
        **{label: value for label, value in given.items() if value},
        "bound": limit.bound,
        "severity": limit.severity,
    }
