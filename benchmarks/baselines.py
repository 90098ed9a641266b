"""PERFORMANCE_BASELINES.md: the part of each benchmark stands between two markers, and is all that is rewritten."""

from __future__ import annotations

from pathlib import Path

BASELINES = Path(__file__).parents[1] / "PERFORMANCE_BASELINES.md"


class MissingMarkersError(Exception):
    """The page has no place for a benchmark."""


def begin_of(name: str) -> str:
    return f"<!-- begin {name}: written by python -m benchmarks -->"


def end_of(name: str) -> str:
    return f"<!-- end {name} -->"


def rewrite(page: str, name: str, section: str) -> str:
    """Return the page with another section between the markers of a benchmark; raise MissingMarkersError."""
    before, begin, rest = page.partition(begin_of(name))
    _, end, after = rest.partition(end_of(name))
    if not begin or not end:
        raise MissingMarkersError(f"{BASELINES.name} needs a line {begin_of(name)} and after it a line {end_of(name)}")
    return f"{before}{begin}\n\n{section.strip()}\n\n{end}{after}"
