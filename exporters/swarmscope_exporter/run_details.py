"""What a run is told of itself beside its name: environment, commit and free labels. Labels of `loadtest_run_info`."""

from __future__ import annotations

import json
import math
import re
from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from swarmscope_exporter.addresses import masked

MAX_LABELS = 16
MAX_VALUE_LENGTH = 200
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
#: Labels that the series has anyway, and those that Prometheus or a scrape gives a meaning to.
_OF_THE_SERIES = frozenset({"run_id", "scenario", "host", "version", "workers_expected", "environment", "commit"})
_OF_PROMETHEUS = frozenset({"job", "instance", "le", "quantile", "alertname", "alertstate"})
RESERVED_LABELS = _OF_THE_SERIES | _OF_PROMETHEUS
_KEYS = frozenset({"environment", "commit", "labels", "timed", "apart", "min_seconds"})


@dataclass(frozen=True)
class RunDetails:
    """``host`` is what is tested, without a password; each is empty where it is not known.

    ``timed`` are the endpoints, by method and name, that thresholds of latency are set for, and ``apart`` the
    categories that the latency of all requests leaves out; None: any. ``min_seconds`` is how long the load lasts at
    least, where it may end before its planned time; else 0.
    """

    host: str = ""
    environment: str = ""
    commit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    timed: frozenset[tuple[str, str]] | None = None
    apart: frozenset[str] | None = None
    min_seconds: float = 0.0

    @property
    def info_labels(self) -> dict[str, str]:
        """Environment, commit and free labels as labels of the run's info series."""
        fixed = {"environment": self.environment, "commit": self.commit}
        return {name: value for name, value in (fixed | dict(self.labels)).items() if value}

    @classmethod
    def of_series(cls, labels: Mapping[str, str]) -> RunDetails:
        """Return what the labels of a run's info series say; those that the scrape has added are among the free."""
        free = {
            name: value
            for name, value in sorted(labels.items())
            if name not in RESERVED_LABELS and not name.startswith("__")
        }
        return cls(masked(labels.get("host", "")), labels.get("environment", ""), labels.get("commit", ""), free)


def problem_with_value(value: str) -> str:
    """Return what is wrong with a value, in words; empty when it is valid."""
    if not value:
        return "it is empty"
    if len(value) > MAX_VALUE_LENGTH:
        return f"it has {len(value)} characters, expected at most {MAX_VALUE_LENGTH}"
    return "" if value.isprintable() else "it has characters that cannot be printed"


def problem_with_labels(labels: Mapping[str, str]) -> str:
    """Return what is wrong with free labels, in words; empty when they are valid."""
    for name, value in labels.items():
        if not _NAME.fullmatch(name) or name.startswith("__"):
            return f"{name!r} is not a valid name of a label: expected letters, digits and underscores, such as build"
        if name in RESERVED_LABELS:
            return f"the label {name!r} is reserved ({', '.join(sorted(RESERVED_LABELS))}): give it another name"
        if problem := problem_with_value(value):
            return f"the value {value[:MAX_VALUE_LENGTH]!r} of label {name!r} is not valid: {problem}"
    return f"there are {len(labels)} labels: expected at most {MAX_LABELS}" if len(labels) > MAX_LABELS else ""


def to_text(details: RunDetails) -> str:
    """Return the details as a Locust master is given them; the host is one that it knows itself."""
    told = {name: value for name, value in asdict(details).items() if name in _KEYS and value}
    if details.timed is not None:
        told["timed"] = sorted(map(list, details.timed))
    if details.apart is not None:
        told["apart"] = sorted(details.apart)
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")) if told else ""


def from_text(text: str) -> RunDetails:
    """Return what `to_text` made; raise ValueError, one line, for anything else."""
    try:
        document = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        raise ValueError("invalid details of the run: expected JSON") from None
    if not isinstance(document, dict) or set(document) - _KEYS:
        raise ValueError(f"invalid details of the run: expected an object with {', '.join(sorted(_KEYS))}")
    labels, timed, apart = document.pop("labels", {}), document.pop("timed", None), document.pop("apart", None)
    min_seconds = document.pop("min_seconds", 0.0)
    if isinstance(min_seconds, bool) or not isinstance(min_seconds, int | float) or not 0 <= min_seconds < math.inf:
        raise ValueError("invalid details of the run: expected min_seconds as a number")
    fixed = document
    if not isinstance(labels, dict) or not all(isinstance(each, str) for each in (*labels.values(), *fixed.values())):
        raise ValueError("invalid details of the run: expected texts")
    problem = problem_with_labels(labels) or next(filter(None, map(_problem_with_fixed, fixed.items())), "")
    if problem:
        raise ValueError(problem)
    return RunDetails(labels=labels, timed=_timed(timed), apart=_apart(apart), min_seconds=min_seconds, **fixed)


def _apart(names: Any) -> frozenset[str] | None:
    if names is not None and (not isinstance(names, list) or not all(isinstance(each, str) for each in names)):
        raise ValueError("invalid details of the run: expected categories judged apart as texts")
    return None if names is None else frozenset(names)


def _timed(rows: Any) -> frozenset[tuple[str, str]] | None:
    if rows is None:
        return None
    pairs = [tuple(row) for row in rows if isinstance(row, list)] if isinstance(rows, list) else []
    if not isinstance(rows, list) or len(pairs) != len(rows) or not all(map(_is_endpoint, pairs)):
        raise ValueError("invalid details of the run: expected timed endpoints as pairs of method and name")
    return frozenset(pairs)


def _is_endpoint(pair: tuple[Any, ...]) -> bool:
    return len(pair) == 2 and all(isinstance(text, str) for text in pair)


def _problem_with_fixed(item: tuple[str, str]) -> str:
    name, value = item
    problem = problem_with_value(value)
    return problem and f"the {name} {value[:MAX_VALUE_LENGTH]!r} is not valid: {problem}"


def details_or_none(text: Any) -> str:
    """Return the value of an argument that may be left empty; raise ArgumentTypeError for invalid details."""
    try:
        from_text(str(text))
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None
    return str(text)
