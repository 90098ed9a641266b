"""Which metrics an expression asks for."""

from __future__ import annotations

import re

_WITHOUT = (
    r'"[^"]*"',  # strings
    r"\{[^}]*\}",  # matchers
    r"\[[^\]]*\]",  # ranges
    r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)",
    r"\boffset\s+-?\w+",
    r"\b(?:and|or|unless|bool)\b",
    r"[-+]?\bInf\b",
    r"\b\d[\d.]*(?:e-?\d+)?\b",
)
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*\b(?!\s*\()")


def metrics_of(expr: str) -> set[str]:
    """Return the metric names of an expression whose variables are filled."""
    for pattern in _WITHOUT:
        expr = re.sub(pattern, " ", expr)
    # An aggregation with its labels taken away looks like a name, and stands before its parenthesis still.
    return set(_NAME.findall(expr))
