"""Thresholds as people write them, a figure with its unit, and which of them can judge a run."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from swarmscope.objectives import figure_of
from swarmscope_exporter.buckets import EDGES_SECONDS

#: Read from a histogram's buckets: exact on their edges alone.
_OF_BUCKETS = re.compile(r"_(p\d+(_\d+)?|max)_seconds$")
#: With less, a run is rather unsure than sure.
MIN_CONFIDENCE = 0.5
EXPECTED_CONFIDENCE = f"expected a confidence from {MIN_CONFIDENCE:g} to below 1, so 0.95 for 95 %, or 0 for off"
#: Ratios of a change, which may be over 1; all others are shares.
_CHANGES = ("drift", "growth")
_FIGURE = re.compile(r"(\d+(?:\.\d+)?)\s*(\S*)", re.ASCII)


@dataclass(frozen=True)
class _Written:
    """How values are written whose objectives end in a suffix: units by what they are multiplied with."""

    units: Mapping[str, Decimal]
    expected: str


_SECONDS = _Written(
    {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}, "a time such as '300ms' or '1.5s'"
)
_RATIO = _Written({"%": Decimal("0.01")}, "a percentage such as '1%'")
_PER_SECOND = _Written({"/s": Decimal(1)}, "a rate such as '500/s'")
_BYTES = _Written(
    {"B": Decimal(1), "KiB": Decimal(2**10), "MiB": Decimal(2**20), "GiB": Decimal(2**30)}, "a size such as '64MiB'"
)
_BY_SUFFIX = {"_seconds": _SECONDS, "_ratio": _RATIO, "_per_second": _PER_SECOND, "_bytes": _BYTES}


def value_of(objective: str, given: Any) -> float:
    """Return the value of a threshold in the unit of its objective; raise ValueError, which says what is expected."""
    written = next((one for suffix, one in _BY_SUFFIX.items() if objective.endswith(suffix)), None)
    if written is None:
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given < float("inf"):
            raise ValueError("expected a number such as 100")
        return float(given)
    match = _FIGURE.fullmatch(given.strip()) if isinstance(given, str) else None
    if match is None or match[2] not in written.units:
        raise ValueError(f"expected {written.expected}, with one of the units {', '.join(written.units)}")
    return float(Decimal(match[1]) * written.units[match[2]])


def problem_with(objective: str, value: float) -> str:
    """Return why no run can be judged by a threshold; empty when one can."""
    if _OF_BUCKETS.search(objective):
        if value >= EDGES_SECONDS[-1]:
            return (
                f"is {value:g} s, and times are told apart below {EDGES_SECONDS[-1]:g} s only: expected at most"
                f" {EDGES_SECONDS[-2]:g}"
            )
        if value not in EDGES_SECONDS:
            return f"is {value:g} s, which is not an edge of a bucket: expected {nearest_edges(value)}"
    if _is_share(objective) and value > 1:
        return f"is {value:g}: expected a share from 0 to 1, so 0.05 for 5 %"
    return ""


def nearest_edges(value: float) -> str:
    """Return the edges of the buckets around a time in seconds."""
    index = bisect_left(EDGES_SECONDS[:-1], value)
    return " or ".join(f"{edge:g}" for edge in EDGES_SECONDS[max(0, index - 1) : index + 1])


def confidence_of(given: Any) -> float:
    """Return how sure a run has to be of a threshold; raise ValueError, which says what is expected."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not (given == 0 or MIN_CONFIDENCE <= given < 1):
        raise ValueError(EXPECTED_CONFIDENCE)
    return float(given)


def is_vacuous(objective: str, value: float, bound: str) -> bool:
    """Return whether a threshold can never be missed: a share of at most 100 %, or anything of at least 0."""
    return (bound == "min" and value <= 0) or (bound == "max" and _is_share(objective) and value >= 1)


def as_written(objective: str, value: float) -> str:
    """Return a value as a person would write it: 300ms, 1%, 500/s."""
    return figure_of(objective, value).replace(" ", "")


def _is_share(objective: str) -> bool:
    return objective.endswith("_ratio") and not any(word in objective for word in _CHANGES)
