"""Figures as people write them: time spans, shares, lists of names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from swarmscope.errors import CommandError

_AGE = re.compile(r"(\d+)\s*(h|d|w)")
_AGE_SECONDS = {"h": 3600.0, "d": 86400.0, "w": 7 * 86400.0}
_TIME_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(s|m))?")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def seconds_of(text: str) -> float:
    """Return ``90``, ``90s``, ``5m``, ``1h30m`` in seconds; raise CommandError for anything else, and for zero."""
    match = _TIME_SPAN.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if total <= 0:
        raise CommandError(f"Invalid run time {text!r}: expected a time span over 0 such as 90, 30s, 5m or 1h30m")
    return float(total)


def age_of(text: str) -> float:
    """Return ``12h``, ``30d``, ``4w`` in seconds; raise CommandError for anything else, and for zero.

    A number alone is none: 30 seconds would be meant by it elsewhere.
    """
    match = _AGE.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise CommandError(f"Invalid age {text!r}: expected a number over 0 with its unit, such as 12h, 30d or 4w")
    return int(match[1]) * _AGE_SECONDS[match[2]]


def time_span(seconds: float) -> str:
    """Return seconds as `seconds_of` reads them: 90s, 5m, 1h30m."""
    minutes, rest = divmod(round(seconds), 60)
    if rest:
        return f"{minutes * 60 + rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{f'{hours}h' if hours else ''}{f'{minutes}m' if minutes else ''}"


def share_of(text: str) -> float:
    """Return ``10%`` as 0.1; raise CommandError for anything else."""
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        raise CommandError(f"Invalid share {text!r}: expected a percentage such as 10%")
    return float(match[1]) / 100


def margin_of(option: str, text: str) -> float:
    """Return ``5%`` as 0.05; raise CommandError, which names the option, for anything else, for 0 and from 100% on."""
    match = _PERCENT.fullmatch(text.strip())
    if match is None or not 0 < float(match[1]) < 100:
        raise CommandError(f"Invalid {option} {text!r}: expected a percentage above 0 and below 100, such as 5%")
    return float(match[1]) / 100


def rate_of(value: object) -> float:
    """Return ``200/s``, ``90/m`` or a plain number as a rate per second; raise CommandError for anything else."""
    match = _RATE.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        raise CommandError(f"Invalid rate {value!r}: expected one such as 200/s, 0.5/s or 90/m")
    return float(match[1]) / (60.0 if match[2] == "m" else 1.0)


def names_of(text: str | None) -> tuple[str, ...]:
    """Return the names in a comma-separated list."""
    return tuple(name.strip() for name in (text or "").split(",") if name.strip())


def paths_of(texts: Iterable[str] | None) -> tuple[Path, ...]:
    """Return the paths in comma-separated lists, as Locust takes them."""
    return tuple(Path(name) for text in texts or () for name in names_of(text))


def require_positive(name: str, value: float | None) -> None:
    """Raise CommandError unless the value is absent or over 0."""
    if value is not None and not value > 0:
        raise CommandError(f"Invalid {name} {value:g}: expected a number over 0")
