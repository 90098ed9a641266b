"""``--confidence``: how sure one run has to be of all thresholds, whatever their lines say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from swarmscope.prometheus.compiled import CONFIDENCE_RECORD, THRESHOLD_RECORD
from swarmscope.prometheus.rule_files import FileRule, parse_rules
from swarmscope.prometheus.rule_sets import RuleFile, RuleSet, without_rules
from swarmscope.prometheus.thresholds import place_of_confidence

#: What the file is called beside the others of a run.
_FILE, _GROUP = "swarmscope-confidence.yml", "loadtest-confidence"
#: Of a line for a default, of which a run need not be sure.
_WARNS = "undecided"
_VALUE = re.compile(r"(\* 0 \+ |vector\()[^\s()]+(\)?)$")


def with_confidence(found: RuleSet, confidence: float | None) -> RuleSet:
    """Return rules that ask for this confidence of each threshold but the defaults; the same for None.

    With 0 the defaults do not warn either.
    """
    if confidence is None:
        return found
    defaults = {place_of_confidence(rule) for rule in found.rules if _is_of_default(rule)} if confidence else set()
    thresholds = (rule for rule in found.rules if rule.name == THRESHOLD_RECORD)
    own = [rule for rule in thresholds if place_of_confidence(rule) not in defaults]
    if not own:
        return found
    text = yaml.safe_dump({"groups": [{"name": _GROUP, "rules": list(_lines(own, confidence))}]}, sort_keys=False)
    added = RuleFile(_FILE, text, parse_rules(text, Path(_FILE)))
    kept = (without_rules(file, set(_lines_of(file, of_defaults=not confidence))) for file in found.files)
    return replace(found, files=(*kept, added))


def _is_of_default(rule: FileRule) -> bool:
    return rule.name == CONFIDENCE_RECORD and bool(rule.labels.get(_WARNS))


def _lines(thresholds: Iterable[FileRule], confidence: float) -> Iterator[dict[str, Any]]:
    for rule in thresholds:
        labels = {label: str(value) for label, value in rule.labels.items() if label != "bound"}
        expr = _VALUE.sub(rf"\g<1>{confidence:.15g}\g<2>", rule.expr.strip())
        yield {"record": CONFIDENCE_RECORD, "labels": labels, "expr": expr}


def _lines_of(file: RuleFile, *, of_defaults: bool) -> Iterator[int]:
    """Yield where a file says how sure a run has to be; of defaults only where they are to go as well."""
    for index, rule in enumerate(file.rules):
        if rule.name == CONFIDENCE_RECORD and (of_defaults or not _is_of_default(rule)):
            yield index
