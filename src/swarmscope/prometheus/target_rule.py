"""The rule that swarmscope.toml stands for: what the API under test calls the counter of its requests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from swarmscope.project.places import PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.yaml_text import load_yaml
from swarmscope.prometheus.names import TARGET_COUNTER
from swarmscope.prometheus.rule_files import FileRule

GROUP = "loadtest-own-target"
FILE = "compiled-target.yml"


def target_rule_text(requests_total: str) -> str:
    """Return the rule file that records the expression as the API's own counter."""
    groups = [{"name": GROUP, "rules": [{"record": TARGET_COUNTER, "expr": requests_total}]}]
    header = f"# Made from target.requests_total of {PROJECT_FILE}.\n"
    return header + yaml.safe_dump({"groups": groups}, sort_keys=False, allow_unicode=True)


def with_target_rule(rules: Iterable[FileRule], requests_total: str) -> tuple[FileRule, ...]:
    """Return the rules with that of the expression in the place of any other that records the same counter.

    Two of them would count each request twice.
    """
    if not requests_total:
        return tuple(rules)
    others = (rule for rule in rules if rule.name != TARGET_COUNTER)
    return (*others, FileRule(GROUP, TARGET_COUNTER, requests_total, {}, project().root / PROJECT_FILE))


def lay_out_target_rule(folder: Path, requests_total: str) -> None:
    """Do in a run's own folder of rules what `with_target_rule` does; raise OSError."""
    if not requests_total:
        return
    for path in folder.glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        if TARGET_COUNTER in text:
            path.write_text(_without_counter(load_yaml(text)), encoding="utf-8")
    (folder / FILE).write_text(target_rule_text(requests_total), encoding="utf-8")


def _without_counter(document: dict[str, Any]) -> str:
    for group in document["groups"]:
        group["rules"] = [rule for rule in group["rules"] if rule.get("record") != TARGET_COUNTER]
    groups = [group for group in document["groups"] if group["rules"]]
    return yaml.safe_dump({**document, "groups": groups}, sort_keys=False, allow_unicode=True)


def counts_at_target(rules: Iterable[FileRule]) -> bool:
    """Return whether the rules name the API's own counter by an expression: then the ledger has to end there."""
    return any(rule.group == GROUP for rule in rules)
