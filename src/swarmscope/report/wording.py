"""Words and figures that every writer of a verdict shares."""

from __future__ import annotations

import re
import time

from swarmscope.objectives import Objective

#: Control and formatting characters, half surrogate pairs, and what is no character in XML.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]")


def printable(text: str) -> str:
    """Return one line that a terminal shows and XML holds: other characters are written as Python writes them.

    Names of requests come from a locustfile or a URL, and may hold anything.
    """
    return _UNPRINTABLE.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def figure(objective: Objective, value: float | None) -> str:
    """A measured value, or the threshold, of an objective in its unit."""
    return figure_of(objective.objective, value)


def figure_of(name: str, value: float | None) -> str:
    """A value in the unit that the objective's name ends in: 182 ms, 0.43 %, 512.3/s, 12.4 MiB."""
    if value is None:
        return "no data"
    if name.endswith("_seconds"):
        return f"{_three_digits(value * 1000)} ms" if value < 1 else f"{_three_digits(value)} s"
    if name.endswith("_ratio"):
        return f"{_three_digits(value * 100)} %"
    if name.endswith("_per_second"):
        return f"{value:.1f}/s"
    if name.endswith("_bytes"):
        return f"{value / 2**20:.1f} MiB"
    return f"{value:g}"


def _three_digits(value: float) -> str:
    """Three significant digits, and no exponent where more stand before the point: 12.4, 2280."""
    return f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}"


def limit(objective: Objective) -> str:
    """The threshold with its direction: ≤ 200 ms, ≥ 500.0/s."""
    sign = "≤" if objective.bound == "max" else "≥"
    return f"{sign} {figure(objective, objective.threshold)}"


def of_samples(objective: Objective) -> str:
    """How many observations the measured value rests on: (of 5000)."""
    return f"(of {objective.samples:.0f})" if objective.samples is not None else "(of an unknown number)"


def samples(objective: Objective) -> str:
    """The number of observations, as a table shows it."""
    return "-" if objective.samples is None else f"{objective.samples:.0f}"


def worst(objective: Objective) -> str:
    """The worst minute with the time of its end: 480 ms at 12:04:31; a run may be too short to have a whole one."""
    if objective.worst is None:
        return "-"
    return f"{figure(objective, objective.worst.value)} at {clock(objective.worst.timestamp_seconds)}"


def clock(timestamp_seconds: float) -> str:
    """Time of day in UTC."""
    return time.strftime("%H:%M:%S", time.gmtime(timestamp_seconds))


def moment(timestamp_seconds: float | None) -> str | None:
    """ISO 8601 in UTC."""
    if timestamp_seconds is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(timestamp_seconds))
