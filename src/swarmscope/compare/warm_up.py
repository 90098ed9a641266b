"""Leaves out the beginning of what was counted: caches and connections are not yet what they will be."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain

from swarmscope.compare.summary import Stretch, Subject, Times


def without_first(subject: Subject, seconds: float) -> Subject:
    """Return a subject without the windows that begin in its first seconds, at least one of which is kept."""
    kept, passed = list(subject.windows), 0.0
    while len(kept) > 1 and passed < seconds:
        passed += kept.pop(0).seconds
    return Subject(_together(kept), tuple(kept)) if kept else subject


def _together(stretches: Iterable[Stretch]) -> Stretch:
    parts = tuple(stretches)
    services = [part.service for part in parts if part.service is not None]
    return Stretch(
        math.fsum(part.seconds for part in parts),
        math.fsum(part.requests for part in parts),
        math.fsum(part.failures for part in parts),
        all_of(part.latency for part in parts),
        all_of(services) if services else None,
    )


def all_of(times: Iterable[Times]) -> Times:
    """Return several times together."""
    parts = tuple(times)
    counts: dict[tuple[float, float], float] = {}
    for lower, upper, count in chain.from_iterable(part.buckets for part in parts):
        counts[lower, upper] = counts.get((lower, upper), 0.0) + count
    found = tuple((lower, upper, count) for (lower, upper), count in sorted(counts.items()))
    return Times(found, math.fsum(part.sum_seconds for part in parts))
