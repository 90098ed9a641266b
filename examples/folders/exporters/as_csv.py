"""Items as CSV."""

from __future__ import annotations

from collections.abc import Iterable

HEADER = "id,name"


def as_csv(ids: Iterable[int]) -> str:
    return "\n".join([HEADER, *(f"{number},item {number}" for number in ids)])
