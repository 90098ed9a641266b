"""The committed rules with shorter windows, and a scenario that has a threshold for every objective."""

from __future__ import annotations

from pathlib import Path

import yaml

from swarmscope.prometheus.rule_baseline import with_baseline
from swarmscope.prometheus.rule_files import name_beside_others, rule_paths
from swarmscope.prometheus.rule_sets import RuleSet
from tests.rules.rule_files import RULES_DIR, thresholds

SCENARIO = "everything"
#: A test need not wait for a whole minute to be steady.
SHORTER = (("offset 1m", "offset 4s"), ("[1m]", "[4s]"), ("offset 10s", "offset 3s"), ("for: 30s", "for: 1s"))


def write_rules(folder: Path) -> Path:
    """Copy the rules to ``folder``, made quick; return the folder."""
    folder.mkdir()
    for path in rule_paths(RULES_DIR):
        text = path.read_text()
        for long, short in SHORTER:
            text = text.replace(long, short)
        if path == RULES_DIR / "thresholds.yml":
            text = _with_everything(text)
        (folder / name_beside_others(path)).write_text(text)
    return with_baseline(RuleSet(()), SCENARIO, {"kept": 0.1}).write(folder)


def journeys() -> list[str]:
    """Return the transactions that have a threshold."""
    return sorted({line.name for line in thresholds() if line.objective == "transaction_p95_seconds"})


def _with_everything(text: str) -> str:
    rules = yaml.safe_load(text)
    rules["groups"][0]["rules"].extend(_lines().values())
    return yaml.safe_dump(rules, sort_keys=False)


def _lines() -> dict[tuple[str, str, str], dict[str, object]]:
    """Return one line for each objective and endpoint that a scenario has one for, and those that users may set."""
    lines = {}
    for line in thresholds():
        labels = {"objective": line.objective, "bound": line.bound, "method": line.method, "name": line.name}
        lines[line.objective, line.method, line.name] = _rule(labels, line.severity, line.value)
    error_ratio = {"objective": "endpoint_error_ratio", "bound": "max", "method": "GET", "name": "/health"}
    lines["endpoint_error_ratio", "GET", "/health"] = _rule(error_ratio, "warning", 0.01)
    return lines


def _rule(labels: dict[str, str], severity: str, value: float) -> dict[str, object]:
    kept = {key: text for key, text in labels.items() if text}
    return {
        "record": "loadtest:threshold",
        "labels": {"scenario": SCENARIO, **kept, "severity": severity},
        "expr": f"vector({value:g})",
    }
