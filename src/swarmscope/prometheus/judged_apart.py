"""The lines that leave a request type or a category out of the latency of all requests."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from swarmscope.errors import CommandError
from swarmscope.prometheus.rule_files import FileRule

JUDGED_APART_RECORD = "loadtest:judged_apart"
_EXPECTED = "expected labels scenario and either method or category, and vector(1)"


@dataclass(frozen=True)
class JudgedApart:
    """Requests of a type (``method``) or of a ``category``; the other one is empty."""

    scenario: str
    method: str = ""
    category: str = ""


def judged_apart(rules: Iterable[FileRule]) -> tuple[JudgedApart, ...]:
    """Return what the rules judge apart; raise CommandError for a line that says nothing of the kind."""
    return tuple(_judged_apart(rule) for rule in rules if rule.name == JUDGED_APART_RECORD)


def _judged_apart(rule: FileRule) -> JudgedApart:
    labels = {name: str(value) for name, value in rule.labels.items() if value}
    subjects = set(labels) - {"scenario"}
    if "scenario" not in labels or subjects not in ({"method"}, {"category"}) or rule.expr.strip() != "vector(1)":
        given = ", ".join(f"{name}: {value}" for name, value in rule.labels.items()) or "no label"
        raise CommandError(f"{rule.path}: {JUDGED_APART_RECORD} with {given} is {rule.expr!r}: {_EXPECTED}")
    return JudgedApart(**labels)
