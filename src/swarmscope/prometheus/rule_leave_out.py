"""Rules without the thresholds of some objectives, for loads that cannot be judged by them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from swarmscope.prometheus.compiled import CONFIDENCE_RECORD, THRESHOLD_RECORD
from swarmscope.prometheus.rule_sets import RuleSet, without_rules


def without_objectives(found: RuleSet, objectives: Collection[str]) -> RuleSet:
    """Return the rules without the thresholds of these objectives, for every scenario."""
    records = {THRESHOLD_RECORD, CONFIDENCE_RECORD}
    files = (
        without_rules(
            file,
            {
                index
                for index, rule in enumerate(file.rules)
                if rule.name in records and str(rule.labels.get("objective")) in objectives
            },
        )
        for file in found.files
    )
    return replace(found, files=tuple(file for file in files if file.rules))
