"""Numbers and texts that fit a schema."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from swarmscope.starter.openapi.patterns import matching

_MAX_LENGTH = 10_000
_TEXT = "text"
_BY_FORMAT = {
    "byte": "dGV4dA==",
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "duration": "PT1H",
    "email": "user@example.com",
    "hostname": "example.com",
    "idn-email": "user@example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "ipvanyaddress": "192.0.2.1",
    "password": "Passw0rd-of-a-test",
    "time": "12:00:00Z",
    "uri": "https://example.com/",
    "uri-reference": "/path",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000001",
}


def number(table: Mapping[str, Any], *, is_whole: bool) -> float:
    """Return 1, or the number nearest to it between the bounds."""
    step = _figure(table.get("multipleOf")) or (1.0 if is_whole else 0.0)
    low, high = _bounds(table, step or 0.5)
    value = min(max(1.0, low), high)
    if step:
        value = math.ceil(value / step) * step
        value = value if value <= high else math.floor(high / step) * step
    return int(value) if value.is_integer() else value


def _bounds(table: Mapping[str, Any], step: float) -> tuple[float, float]:
    """Return the lowest and the highest number; ``exclusiveMinimum`` is a number since 3.1, and was a flag before."""
    low, high = _figure(table.get("minimum")), _figure(table.get("maximum"))
    above, below = table.get("exclusiveMinimum"), table.get("exclusiveMaximum")
    low = -math.inf if low is None else low + (step if above is True else 0)
    high = math.inf if high is None else high - (step if below is True else 0)
    if (figure := _figure(above)) is not None:
        low = max(low, figure + step)
    if (figure := _figure(below)) is not None:
        high = min(high, figure - step)
    if low > high:  # such as over 0 and under 0.5: halfway
        low = high = (low - step + high + step) / 2
    return low, high


def text(table: Mapping[str, Any]) -> str:
    low, high = whole(table.get("minLength")) or 0, whole(table.get("maxLength"), _MAX_LENGTH)
    pattern = table.get("pattern")
    if isinstance(pattern, str) and (found := matching(pattern, low)) is not None:
        return found
    found = _BY_FORMAT.get(str(table.get("format", "")).lower(), _TEXT)
    if low <= len(found) <= high:
        return found
    return (found * (low // len(found) + 1))[: max(low, min(len(found), high))]


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(value: Any, default: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default
