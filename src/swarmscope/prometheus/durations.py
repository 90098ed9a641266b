"""Durations as Prometheus writes them, in rule files, its configuration and its answers."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(?=.)(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII)
_UNITS_SECONDS = (365 * 86400.0, 7 * 86400.0, 86400.0, 3600.0, 60.0, 1.0, 0.001)


def duration_seconds(duration: object) -> float:
    """Return a duration such as 1m30s in seconds; raise ValueError."""
    text = str(duration)
    match = _DURATION.fullmatch(text)
    if match is None and text != "0":
        raise ValueError(f"{text!r} is not a valid duration")
    return (
        0.0
        if match is None
        else sum(int(count or 0) * unit for count, unit in zip(match.groups(), _UNITS_SECONDS, strict=True))
    )
