"""Thresholds for the endpoints that a pattern matches: which these are, and which threshold is the closest."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from swarmscope.objectives import Threshold
from swarmscope.project.threshold_settings import ANY


def is_closer(other: Threshold, threshold: Threshold) -> bool:
    """Return whether a threshold takes the place of a pattern's where both match, because it says more of a name."""
    same = (other.scenario, other.objective, other.severity) == (
        threshold.scenario,
        threshold.objective,
        threshold.severity,
    )
    return same and bool(other.name) and _closeness(other) > _closeness(threshold)


def matches(threshold: Threshold, method: str, name: str) -> bool:
    """Return whether a threshold with a pattern is for an endpoint, if no closer one is."""
    return _is_like(threshold.method, method) and _is_like(threshold.name, name)


def of_endpoints(thresholds: Collection[Threshold], endpoints: Iterable[tuple[str, str]]) -> Iterator[Threshold]:
    """Yield the thresholds, in place of each pattern one for each endpoint that it is for; without one, the pattern."""
    known = tuple(endpoints)
    for threshold in thresholds:
        found = [each for each in known if threshold.is_pattern and matches(threshold, *each)]
        if not found:
            yield threshold
        for method, name in found:
            closer = (each for each in thresholds if is_closer(each, threshold))
            if not any(matches(each, method, name) for each in closer):
                yield replace(threshold, method=method, name=name, is_pattern=False)


def _closeness(threshold: Threshold) -> tuple[bool, int, str]:
    """Return what the closer of two thresholds has more of: no pattern, then more characters that are not ``*``."""
    text = f"{threshold.method} {threshold.name}"
    return not threshold.is_pattern, len(text) - text.count(ANY), text


def _is_like(pattern: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split(ANY))), text, re.DOTALL) is not None
