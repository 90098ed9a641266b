"""How long something may last in a run before it counts, for the exporter and for the runner."""

from __future__ import annotations

_SHARE, _MIN_SECONDS, MAX_HOLD_SECONDS = 0.1, 6.0, 30.0


def hold_of(load_seconds: float) -> float:
    """Return how long a condition may last in a load of that length: 10 % of it, from 6 s to 30 s."""
    return min(max(_SHARE * load_seconds, _MIN_SECONDS), MAX_HOLD_SECONDS)
