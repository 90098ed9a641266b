"""The charts of a capacity: latency, answers and resources by load, and the search in the order of time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from swarmscope.capacity.answer import Capacity, Found, Scaling
from swarmscope.capacity.step import Measured, Step, StepOutcome
from swarmscope.objectives import figure_of
from swarmscope.report.capacity.words import CPUS, NOT_SHARES, Tries, by_load, resource
from swarmscope.report.html.axes import log_axis, round_ticks
from swarmscope.report.html.units import Scale, scale_for

Chart = dict[str, Any]

#: Color, and symbol for those who cannot tell the colors apart.
OUTCOMES = {
    StepOutcome.HELD: ("green", "circle"),
    StepOutcome.BROKE: ("red", "x"),
    StepOutcome.UNDECIDED: ("orange", "diamond"),
    StepOutcome.GENERATOR: ("blue", "square"),
    StepOutcome.UNMEASURED: ("soft", "triangle-up"),
}
#: The quantile, its color, how its line is drawn, and how large its points are.
_QUANTILES: tuple[tuple[str, Callable[[Step], float | None], str, str, int], ...] = (
    ("p50", lambda step: step.p50_seconds, "series-4", "dot", 6),
    ("p95", lambda step: step.p95_seconds, "series-1", "solid", 9),
    ("p99", lambda step: step.p99_seconds, "series-3", "dashdot", 6),
)
#: What the band is called that the capacity lies within.
BAND = "capacity"
_LATENCY_P95 = "latency_p95_seconds"
#: Loads that span more are drawn on an axis of powers of ten.
_MAX_LINEAR_SPAN = 50.0
_MARGIN, _HEADROOM, _LOG_HEADROOM = 0.04, 1.08, 1.15
#: Of the scaling law between two loads.
_POINTS_BETWEEN = 8
_MAX_NUMBERS = 8


@dataclass(frozen=True)
class _Axis:
    """An axis: what Plotly has of it, its ends as values on it, and what values are multiplied with."""

    layout: Chart
    low: float
    high: float
    scale: Scale


@dataclass(frozen=True)
class _Point:
    step: Step
    x: float
    y: float
    said: str
    size: int = 9


def latency(capacity: Capacity) -> Chart | None:
    """Return p50, p95 and p99 by load: a point for each try, a line through the medians of the tries of a load."""
    rows = by_load(capacity.steps)
    points = [(name, take, step, size) for name, take, _, _, size in _QUANTILES for step in capacity.steps]
    known = [value for _, take, step, _ in points if (value := take(step)) is not None and value > 0]
    if not known:
        return None
    x, limit = _loads(capacity), _p95_limit(capacity)
    limits = [limit.threshold] if limit is not None and limit.threshold > 0 else []
    y = _values("s", [*known, *limits], is_log=True)
    marks = [
        _Point(step, step.load, y.scale.of(value), f"{name} {figure_of('_seconds', value)}", size)
        for name, take, step, size in points
        if (value := take(step)) is not None and value > 0
    ]
    traces = [*_band(capacity, x, y), *_knee(capacity, y)]
    traces += [_line(name, color, _medians(rows, take, y.scale), dash) for name, take, color, dash, _ in _QUANTILES]
    if limit is not None and limits:
        traces.append(_limit(limit, x, y))
    return _figure([*traces, *_marks(capacity, marks)], x, y)


def answered(capacity: Capacity) -> Chart | None:
    """Return answered requests a second by load, with all of them where load is a rate, and the scaling law."""
    rows = by_load(capacity.steps)
    marks = [
        _Point(step, step.load, step.throughput, f"{figure_of('_per_second', step.throughput)} answered")
        for step in capacity.steps
        if step.throughput is not None and step.throughput > 0
    ]
    if not marks:
        return None
    x = _loads(capacity)
    law = _law(rows, capacity.scaling) if capacity.scaling is not None else []
    every = [(load, load) for load in (x.low, x.high)] if capacity.by == "rate" else []
    y = _values("cps", [*(mark.y for mark in marks), *(value for _, value in (*law, *every))], is_log=_is_log(capacity))
    traces = [*_band(capacity, x, y), *_knee(capacity, y)]
    traces += [_line("all of it", "soft", every, "dash")] if every else []
    traces += [_line("scaling law", "series-3", law, "dot")] if law else []
    return _figure([*traces, *_marks(capacity, marks)], x, y)


def _law(rows: Sequence[Tries], scaling: Scaling) -> list[tuple[float, float]]:
    """Return what the law says is answered of each load, by how many requests were under way there."""
    known = [(row.load, under_way) for row in rows if (under_way := row.median_of(lambda step: step.concurrency))]
    curve = []
    for (load, under_way), (next_load, next_under_way) in pairwise(known):
        for place in range(_POINTS_BETWEEN):
            share = place / _POINTS_BETWEEN
            curve.append((load * (next_load / load) ** share, under_way * (next_under_way / under_way) ** share))
    found = [(load, _answers(scaling, under_way)) for load, under_way in (*curve, *known[-1:])]
    return [(load, value) for load, value in found if value > 0]


def _answers(scaling: Scaling, under_way: float) -> float:
    slowed = 1 + scaling.contention * (under_way - 1) + scaling.coherency * under_way * (under_way - 1)
    return scaling.rate * under_way / slowed if slowed > 0 else 0.0


def cpu(capacity: Capacity) -> Chart | None:
    """Return the cores that target and generator used, by load."""
    return _used(capacity, CPUS, "")


def shares(capacity: Capacity) -> Chart | None:
    """Return how much was used of all that has a size, such as a pool, by load."""
    names = dict.fromkeys(name for step in capacity.steps for name in step.used if name not in NOT_SHARES)
    return _used(capacity, tuple(names), "percentunit")


def _used(capacity: Capacity, names: Sequence[str], unit: str) -> Chart | None:
    lines = {name: _used_points(capacity, name) for name in names}
    known = [value for points in lines.values() for _, value in points]
    if not known:
        return None
    x, y = _loads(capacity), _values(unit, known, is_log=False)
    traces = [*_band(capacity, x, y), *_knee(capacity, y)]
    for place, (name, points) in enumerate(lines.items()):
        if points:
            color = f"series-{place % 8 + 1}"
            drawn = [(load, y.scale.of(value)) for load, value in points]
            suffix = " cores" if name in CPUS else y.scale.suffix
            traces.append(
                _line(resource(name), color, drawn, "solid")
                | {"mode": "lines+markers", "marker": {"size": 6}, "hovertemplate": f"%{{y:,.4~g}}{suffix}"}
            )
            del traces[-1]["hoverinfo"]
    return _figure(traces, x, y)


def _used_points(capacity: Capacity, name: str) -> list[tuple[float, float]]:
    rows = by_load(capacity.steps)
    return [(row.load, used) for row in rows if (used := row.median_of(lambda step: step.used.get(name))) is not None]


def search(capacity: Capacity) -> Chart | None:
    """Return the load of each step in the order of time, with what became of it."""
    if not capacity.steps:
        return None
    y = _loads(capacity)
    ordered = sorted(capacity.steps, key=lambda step: step.number)
    first, last = ordered[0].number, ordered[-1].number
    every = math.ceil((last - first + 1) / _MAX_NUMBERS)
    numbers = list(range(first, last + 1, every))
    layout = {"type": "linear", "range": [first - 0.5, last + 0.5], "tickvals": numbers}
    layout["ticktext"] = [f"step {number}" if number == first else str(number) for number in numbers]
    x = _Axis(layout, first - 0.5, last + 0.5, Scale(1, ""))
    marks = [_Point(step, step.number, step.load, step.because) for step in ordered]
    path = _line("order of time", "soft", [(step.number, step.load) for step in ordered], "solid")
    path |= {"line": {"width": 1}, "meta": {"color": "soft", "unlisted": True}}
    return _figure([*_band(capacity, y, x, lies=True), path, *_marks(capacity, marks)], x, y)


def _is_log(capacity: Capacity) -> bool:
    loads = [step.load for step in capacity.steps]
    return min(loads) > 0 and max(loads) / min(loads) > _MAX_LINEAR_SPAN


def _loads(capacity: Capacity) -> _Axis:
    """Return the axis of loads: of powers of ten where they span much."""
    loads = [step.load for step in capacity.steps]
    low, high = min(loads), max(loads)
    unit = "cps" if capacity.by == "rate" else ""
    if _is_log(capacity):
        beyond = (high / low) ** _MARGIN
        return _ended(*log_axis(unit, [low / beyond, high * beyond]))
    beyond = _MARGIN * (high - low) or high / 2 or 1.0
    low, high = max(0.0, low - beyond), high + beyond
    scale = scale_for(unit, high)
    return _Axis({"type": "linear", "range": [low, high], **round_ticks(low, high, scale.suffix)}, low, high, scale)


def _values(unit: str, known: Sequence[float], *, is_log: bool) -> _Axis:
    if is_log:
        return _ended(*log_axis(unit, [min(known) / _LOG_HEADROOM, max(known) * _LOG_HEADROOM]))
    scale, high = scale_for(unit, max(known)), _HEADROOM * max(known) or 1.0
    top = scale.of(high)
    layout = {"range": [0, top], "ticksuffix": scale.suffix, "separatethousands": True, "nticks": 6}
    return _Axis(layout, 0, top, scale)


def _ended(scale: Scale, layout: Chart) -> _Axis:
    low, high = (10**exponent for exponent in layout["range"])
    return _Axis(layout, low, high, scale)


def _band(capacity: Capacity, loads: _Axis, other: _Axis, *, lies: bool = False) -> Iterator[Chart]:
    """Yield where the capacity is, as a band over the whole chart; ``lies`` where loads are on the upright axis."""
    is_open = capacity.found in {Found.BELOW, Found.AT_LEAST}
    if (None in {capacity.low, capacity.high}) is not is_open:
        return
    low = loads.low if capacity.low is None else capacity.low
    high = loads.high if capacity.high is None else capacity.high
    along, across = [low, high, high, low, low], [other.low, other.low, other.high, other.high, other.low]
    yield {
        "type": "scatter",
        "mode": "lines",
        "name": BAND,
        "x": across if lies else along,
        "y": along if lies else across,
        "fill": "toself",
        "line": {"width": 1},
        "hoverinfo": "skip",
        "meta": {"color": "accent"},
    }


def _knee(capacity: Capacity, y: _Axis) -> Iterator[Chart]:
    if capacity.knee is not None:
        knee = capacity.knee
        line = _line("knee", "phase", [(knee, y.low), (knee, y.high)], "dot")
        yield line | {"line": {"width": 1.25, "dash": "dot"}}


def _p95_limit(capacity: Capacity) -> Measured | None:
    found = [each for step in capacity.steps for each in step.objectives if each.objective == _LATENCY_P95]
    return min(found, key=lambda each: each.severity != "critical", default=None)


def _limit(limit: Measured, x: _Axis, y: _Axis) -> Chart:
    at = y.scale.of(limit.threshold)
    line = _line("p95 threshold", "", [(x.low, at), (x.high, at)], "dash")
    color = "limit-critical" if limit.severity == "critical" else "limit-warning"
    return line | {"meta": {"color": color, "limit": figure_of(_LATENCY_P95, limit.threshold)}}


def _medians(rows: Sequence[Tries], take: Callable[[Step], float | None], scale: Scale) -> list[tuple[float, float]]:
    found = [(row.load, row.median_of(take)) for row in rows]
    return [(load, scale.of(value)) for load, value in found if value is not None and value > 0]


def _marks(capacity: Capacity, points: Sequence[_Point]) -> Iterator[Chart]:
    """Yield the points of each outcome."""
    for outcome, (color, symbol) in OUTCOMES.items():
        if chosen := [point for point in points if point.step.outcome is outcome]:
            yield {
                "type": "scatter",
                "mode": "markers",
                "name": outcome.value,
                "x": [point.x for point in chosen],
                "y": [point.y for point in chosen],
                "customdata": [_told(capacity, point) for point in chosen],
                # Points of several sizes would be bubbles, which are see-through and have a border.
                "marker": {
                    "size": [point.size for point in chosen],
                    "symbol": symbol,
                    "opacity": 1,
                    "line": {"width": 0},
                },
                "hovertemplate": "%{customdata}",
                "meta": {"color": color},
            }


def _told(capacity: Capacity, point: _Point) -> str:
    about = f"step {point.step.number}, {capacity.figure(point.step.load)}"
    return f"{about}: {point.said}" if point.said else about


def _line(name: str, color: str, points: Sequence[tuple[float, float]], dash: str) -> Chart:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [x for x, _ in points],
        "y": [y for _, y in points],
        "line": {"width": 1.75, "dash": dash},
        "hoverinfo": "skip",
        "meta": {"color": color},
    }


def _figure(traces: Sequence[Chart], x: _Axis, y: _Axis) -> Chart:
    return {
        "data": list(traces),
        "layout": {
            "xaxis": {"fixedrange": False, "tickangle": 0, **x.layout},
            "yaxis": y.layout,
            "showlegend": False,
            "hovermode": "closest",
        },
    }
