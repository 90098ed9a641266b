"""The [objectives] of swarmscope.toml: what a project is judged by beyond what the product measures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from swarmscope.objectives import BUILT_IN, ObjectiveKind
from swarmscope.project.threshold_settings import BOUNDS
from swarmscope.project.toml_table import Table, text

#: What the name of an objective ends in, by the unit of its values.
UNITS: Mapping[str, str] = {
    "count": "",
    "seconds": "_seconds",
    "ratio": "_ratio",
    "bytes": "_bytes",
    "per_second": "_per_second",
}
_NAME = re.compile(r"[a-z][a-z0-9_]*")


def read_objectives(top: Table) -> dict[str, ObjectiveKind]:
    """Return the objectives by name, which ends in the unit; raise CommandError for one that is not valid."""
    return dict(_objective(name, of_objective) for name, of_objective in top.take_tables("objectives").items())


def _objective(name: str, of_objective: Table) -> tuple[str, ObjectiveKind]:
    expr = of_objective.take("expr", _expression, "")
    unit = of_objective.take_optional("unit", _unit)
    file, keys = of_objective.file, of_objective.keys
    if expr and unit is None:
        raise file.mistake((*keys, "unit"), f" is missing: expected {_one_of(UNITS)}")
    if unit is not None and not expr:
        raise file.mistake((*keys, "expr"), " is missing: a unit is that of a PromQL expression")
    source = f"{file.path}:{file.line_of((*keys, 'expr'))}: {'.'.join(keys)}.expr"
    kind = ObjectiveKind(
        of_objective.take("bound", _bound), of_objective.take("advice", text, ""), expr, source if expr else ""
    )
    of_objective.require_all_taken("expr, unit, bound and advice")
    full = _full_name(name, unit, of_objective)
    if expr and full in BUILT_IN:
        raise file.mistake(keys, f": {full} is measured by Swarmscope: give yours another name")
    return full, kind


def _full_name(name: str, unit: str | None, of_objective: Table) -> str:
    """Return the name with its unit at the end, from which reports know how to write its figures."""
    if unit is None:
        return name
    ending = next((suffix for suffix in UNITS.values() if suffix and name.endswith(suffix)), "")
    if not _NAME.fullmatch(name) or name.startswith(("endpoint_", "transaction_")):
        raise of_objective.file.mistake(
            of_objective.keys,
            ": expected a name of small letters, digits and underscores that does not begin with endpoint_ or"
            " transaction_",
        )
    if ending not in {"", UNITS[unit]}:
        raise of_objective.file.mistake(
            (*of_objective.keys, "unit"), f" = {unit!r}: the name {name} says {ending.strip('_')}"
        )
    return name if ending else f"{name}{UNITS[unit]}"


def _expression(value: Any) -> str:
    if not text(value).strip():
        raise ValueError("expected a PromQL expression such as 'max(my_queue_depth)'")
    return text(value).strip()


def _unit(value: Any) -> str:
    if value not in UNITS:
        raise ValueError(f"expected {_one_of(UNITS)}")
    return str(value)


def _bound(value: Any) -> str:
    if value not in BOUNDS:
        raise ValueError(f"expected {' or '.join(BOUNDS)}")
    return str(value)


def _one_of(names: Mapping[str, str]) -> str:
    return f"one of {', '.join(names)}"
