"""The axes of a chart over time: how far they reach, and what is written beside them."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from swarmscope.report.html.panel_data import Answer, Line
from swarmscope.report.html.panels import Panel
from swarmscope.report.html.units import Scale, scale_for
from swarmscope.report.html.window import Window

#: A threshold further away than this many times the greatest value would press the lines flat: an arrow points to it.
_FARTHEST_LIMIT = 4.0
#: Above the greatest value, and where an arrow needs room.
_HEADROOM, _ROOM_FOR_AN_ARROW = 1.06, 1.2
_MAX_WHOLE_TICKS = 6
#: An axis of powers of ten has ticks between them while it spans at most this many.
_POWERS_WITH_STEPS, _POWERS_WITH_ALL = 2, 0.7
_STEPS = (1, 2, 5)
_MAX_ROUND_TICKS = 5


def time_axis(window: Window) -> dict[str, Any]:
    """From the beginning to the end of the window, in UTC, as the tables are."""
    return {"type": "date", "range": [milliseconds(window.begin), milliseconds(window.end)]}


def milliseconds(seconds: float) -> int:
    """Since the epoch, as a date axis counts."""
    return round(seconds * 1000)


def split_limits(panel: Panel, answer: Answer) -> tuple[list[Line], list[Line]]:
    """Return the thresholds that the axis reaches, and those that an arrow points to."""
    if is_log(panel, answer):
        return list(answer.limits), []
    reach = max(greatest(panel, answer) * _FARTHEST_LIMIT, panel.axis.soft_max or 0.0)
    near = [line for line in answer.limits if max(line.known) <= reach]
    return near, [line for line in answer.limits if line not in near]


def is_log(panel: Panel, answer: Answer) -> bool:
    """Return whether the axis is one of powers of ten, which needs a value above zero."""
    return panel.axis.is_log and any(True for _ in _above_zero(answer.measured))


def value_axis(panel: Panel, answer: Answer) -> tuple[Scale, dict[str, Any]]:
    """Return the scale of the values, and the axis as Plotly has it."""
    limits, beyond = split_limits(panel, answer)
    if is_log(panel, answer):
        return _log_axis(panel, answer)
    top = max([greatest(panel, answer), panel.axis.soft_max or 0.0, *(max(line.known) for line in limits)])
    scale = scale_for(panel.unit, top)
    highest = top * (_ROOM_FOR_AN_ARROW if beyond else _HEADROOM)
    axis = {"ticksuffix": scale.suffix, "separatethousands": True, "nticks": 6, **_range(panel, scale, highest)}
    if panel.decimals == 0 and scale.of(highest) <= _MAX_WHOLE_TICKS:
        axis["dtick"] = 1  # half of a user is not a user
    return scale, axis


def greatest(panel: Panel, answer: Answer) -> float:
    """Return the greatest value that is drawn, of the sum where lines are stacked."""
    if panel.stacked:
        columns = zip(*(line.values for line in answer.measured), strict=True)
        return max(sum(value or 0.0 for value in column) for column in columns)
    lines = max(max(map(abs, line.known)) for line in answer.measured)
    return max([lines, 0.0, *(dot.value for dot in answer.dots)])


def _range(panel: Panel, scale: Scale, top: float) -> dict[str, Any]:
    if not panel.signed:
        return {"range": [0, scale.of(top) or 1]}
    soft = [scale.of(end) for end in (panel.axis.soft_min, panel.axis.soft_max) if end is not None]
    return {"zeroline": True, **({"autorangeoptions": {"include": soft}} if soft else {})}


def _log_axis(panel: Panel, answer: Answer) -> tuple[Scale, dict[str, Any]]:
    soft = [end for end in (panel.axis.soft_min, panel.axis.soft_max) if end]
    values = [*_above_zero((*answer.measured, *answer.limits)), *(dot.value for dot in answer.dots if dot.value > 0)]
    sums = [greatest(panel, answer)] if panel.stacked else []
    return log_axis(panel.unit, [*values, *soft, *sums])


def log_axis(unit: str, values: Collection[float]) -> tuple[Scale, dict[str, Any]]:
    """Return the scale of values above zero, at least one, and an axis of powers of ten that they are within."""
    lowest, highest = min(values), max(values)
    scale = scale_for(unit, math.sqrt(lowest * highest))
    begin, end = math.log10(lowest / _HEADROOM * scale.factor), math.log10(highest * _HEADROOM * scale.factor)
    ticks = [tick / scale.factor for tick in _ticks(begin, end)]
    return scale, {
        "type": "log",
        "range": [round(begin, 4), round(end, 4)],
        "tickvals": [scale.of(tick) for tick in ticks],
        "ticktext": [scale_for(unit, tick).text(tick) for tick in ticks],
    }


def round_ticks(low: float, high: float, suffix: str) -> dict[str, Any]:
    """Return a few round places on an axis: the page labels axes without them as times of day."""
    exact = (high - low) / _MAX_ROUND_TICKS
    power = 10.0 ** math.floor(math.log10(exact))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= exact * 0.999)
    places = [number * step for number in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return {"tickvals": places, "ticktext": [f"{place:g}{suffix}".replace("-", "\u2212") for place in places]}


def _ticks(begin: float, end: float) -> Iterator[float]:
    """Yield the powers of ten between two exponents; 2 and 5 times those where they are few, or 2 to 9 times."""
    steps: Iterable[int] = _STEPS if end - begin <= _POWERS_WITH_STEPS else _STEPS[:1]
    if end - begin <= _POWERS_WITH_ALL:
        steps = range(1, 10)
    for power in range(math.floor(begin), math.ceil(end) + 1):
        for step in steps:
            if begin <= power + math.log10(step) <= end:
                yield step * 10.0**power


def _above_zero(lines: Iterable[Line]) -> Iterator[float]:
    return (value for line in lines for value in line.known if value > 0)
