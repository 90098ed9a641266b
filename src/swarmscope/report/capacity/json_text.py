"""capacity.json: everything, for programs, and back, so that the page can be made again."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from swarmscope.capacity.answer import Capacity
from swarmscope.report.capacity.words import goal_status, objective_name

SCHEMA_VERSION = 1
CAPACITY_FILE = "capacity.json"
_EXPECTED = f"expected capacity.json as `swarmscope capacity` writes it, of schema {SCHEMA_VERSION}"


def to_json(capacity: Capacity) -> str:
    """Return the capacity; times are in seconds, shares are of 1, CPU is in cores; null is what is not known."""
    document = {
        "schema": SCHEMA_VERSION,
        "outcome": capacity.outcome.value,
        "exit_code": int(capacity.outcome.exit_code),
        "sentence": capacity.sentence,
        "objective": _objective(capacity),
        **asdict(capacity),
    }
    for measured, step in zip(document["steps"], capacity.steps, strict=True):
        for place, objective in enumerate(step.objectives):
            measured["objectives"][place]["share_of_threshold"] = objective.share_of_threshold
    text = json.dumps(_finite(document), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def _objective(capacity: Capacity) -> dict[str, Any] | None:
    if capacity.at_least is None:
        return None
    return {
        "objective": objective_name(capacity),
        "threshold": capacity.at_least,
        "low": capacity.low,
        "high": capacity.high,
        "status": goal_status(capacity).value,
    }


def _finite(value: Any) -> Any:
    """Return a value without infinities, which JSON does not have: they are not known."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list | tuple) else value


def from_json(text: str) -> Capacity:
    """Return the capacity that a text holds; raise ValueError, which says what was expected."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({error}): {_EXPECTED}") from None
    schema = document.get("schema") if isinstance(document, dict) else None
    if schema != SCHEMA_VERSION:
        raise ValueError(f"it has schema {schema!r:.40}: {_EXPECTED}")
    try:
        capacity = _read(document, Capacity, "it")
    except ValueError as error:
        raise ValueError(f"{error}: {_EXPECTED}") from None
    assert isinstance(capacity, Capacity)
    return capacity


def _read(value: Any, kind: Any, place: str) -> Any:
    """Return a value of JSON as the type that a field is annotated with; raise ValueError."""
    origin, options = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if value is None else _read(value, next(each for each in options if each is not NoneType), place)
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        names = [each.name for each in fields(kind)]
        if missing := [name for name in names if name not in value]:
            raise ValueError(f"{place} lacks {missing[0]}")
        return kind(**{name: _read(value[name], hints[name], name) for name in names})  # type: ignore[operator]  # a class
    if origin is tuple and isinstance(value, list):
        return tuple(_read(each, options[0], place) for each in value)
    if origin is Mapping and isinstance(value, dict):
        return {name: _read(each, options[1], name) for name, each in value.items()}
    if (origin is Literal and value in options) or (kind in {str, bool, int} and type(value) is kind):
        return value
    if kind is float and type(value) in {int, float} and math.isfinite(value):
        return float(value)
    if isinstance(kind, type) and issubclass(kind, StrEnum) and value in list(kind):
        return kind(value)
    raise ValueError(f"{place} is not to be {value!r:.40}")
