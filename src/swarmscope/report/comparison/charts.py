"""The charts of a comparison: quantile curves, courses in time, and shifts with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from swarmscope.compare.comparison import Answer, Comparison, Row, Side
from swarmscope.compare.figures import FIGURES, quantile_of
from swarmscope.compare.summary import ALL, Key, RunSummary, Stretch, Times
from swarmscope.compare.warm_up import all_of
from swarmscope.report.comparison.words import is_share, shift, title
from swarmscope.report.html.axes import round_ticks
from swarmscope.report.html.units import scale_for
from swarmscope.report.wording import shortened

_COLORS = ("blue", "orange")
#: From the median of 10 up; the axis is the logarithm of one in so many requests, on which tails have room.
_QUANTILES = tuple(1 - 10 ** (-step / 20) for step in range(1, 61))
_TICKS = {0.5: "50 %", 0.9: "90 %", 0.99: "99 %", 0.999: "99.9 %"}
_MAX_LINES, _MAX_SHIFTS = 12, 24
#: Of names left of the shifts, which are drawn on a telephone too.
_MAX_NAME = 34
_ANSWER_COLORS = {Answer.WORSE: "red", Answer.BETTER: "green", Answer.SAME: "blue", Answer.CANNOT_TELL: "orange"}
#: In percent: what is beyond it would press all others together.
_FARTHEST_SHIFT = 300.0
Chart = dict[str, Any]


def quantile_curves(comparison: Comparison, key: Key) -> Chart | None:
    """Return the latency that each share of the requests stayed below: of each side, and of its single runs thinly."""
    lines: list[tuple[str, str, float, list[tuple[float, float]]]] = []
    for name, color, side in zip("AB", _COLORS, (comparison.a, comparison.b), strict=True):
        of_runs = [run.subjects[key].whole.latency for run in side.runs if key in run.subjects]
        if len(of_runs) > 1:
            lines += [(f"{name}, each", color, 0.25, _curve(times)) for times in of_runs[:_MAX_LINES]]
        lines.append((name, color, 1.0, _curve(all_of(of_runs))))
    known = [seconds for *_, points in lines for _, seconds in points]
    if not known:
        return None
    scale = scale_for("s", max(known))
    traces = [
        _line(name, color, opacity, [x for x, _ in points], [scale.of(seconds) for _, seconds in points], scale.suffix)
        | ({"meta": {"color": color, "unlisted": True}} if opacity < 1 else {})
        for name, color, opacity, points in lines
        if points
    ]
    longest = max(x for *_, points in lines for x, _ in points)
    ticks = {_place(quantile): text for quantile, text in _TICKS.items() if _place(quantile) <= longest}
    axis = {"type": "linear", "range": [0, longest], "tickvals": list(ticks), "ticktext": list(ticks.values())}
    return _figure(traces, axis, scale.suffix)


def _curve(times: Times) -> list[tuple[float, float]]:
    """Return points up to the quantile that ten requests are beyond: above it, chance draws the line."""
    count = times.count
    found = [(_place(q), quantile_of(times, q)) for q in _QUANTILES if count * (1 - q) >= 1 or q <= 0.5]
    return [(place, seconds) for place, seconds in found if seconds is not None]


def _place(quantile: float) -> float:
    return -math.log10(1 - quantile)


def course(comparison: Comparison, figure: str) -> Chart | None:
    """Return a figure of all requests over time: in windows of the runs, or from block to block."""
    unit = "s" if figure.endswith("_seconds") else "reqps"
    take = FIGURES[figure].value
    of_sides = [list(_courses(comparison, side, take)) for side in (comparison.a, comparison.b)]
    known = [value for lines in of_sides for line in lines for _, value in line]
    if not known:
        return None
    scale = scale_for(unit, max(known))
    traces = []
    for name, color, lines in zip("AB", _COLORS, of_sides, strict=True):
        for number, line in enumerate(lines[:_MAX_LINES]):
            values = [scale.of(value) for _, value in line]
            trace = _line(name, color, 1.0 if len(lines) == 1 else 0.5, [x for x, _ in line], values, scale.suffix)
            traces.append(trace | ({"meta": {"color": color, "unlisted": True}} if number else {}))
    if comparison.unit == "pair":
        a, b = (dict(lines[0]) for lines in of_sides)
        traces.insert(0, _joined(a, b, scale.of))
    end = max(x for lines in of_sides for line in lines for x, _ in line)
    suffix = " s" if comparison.unit == "run" else ""
    return _figure(traces, {"type": "linear", "range": [0, end * 1.02], **round_ticks(0, end, suffix)}, scale.suffix)


def _joined(a: Mapping[float, float], b: Mapping[float, float], of: Callable[[float], float]) -> Chart:
    """Return a thin line between the blocks of each pair."""
    pairs = [number for number in a if number in b]
    y = [each for number in pairs for each in (of(a[number]), of(b[number]), None)]
    joined = _line("pair", "soft", 1.0, [number for number in pairs for _ in range(3)], [], "")
    joined |= {"y": y, "line": {"width": 1}, "hoverinfo": "skip", "meta": {"color": "soft", "unlisted": True}}
    del joined["hovertemplate"]
    return joined


def _courses(
    comparison: Comparison, side: Side, take: Callable[[Stretch], float | None]
) -> Iterator[list[tuple[float, float]]]:
    """Yield the course of each run, in seconds of its judged part; of blocks one, by their numbers."""
    if comparison.unit == "pair":
        values = [_of(run, take) for run in side.runs]
        yield [(number, value) for number, value in enumerate(values, 1) if value is not None]
        return
    for run in side.runs:
        passed, line = 0.0, []
        for window in run.subjects[ALL].windows if ALL in run.subjects else ():
            passed += window.seconds
            value = take(window)
            if value is not None:
                line.append((passed - window.seconds / 2, value))
        if line:
            yield line


def _of(run: RunSummary, take: Callable[[Stretch], float | None]) -> float | None:
    return take(run.subjects[ALL].whole) if ALL in run.subjects else None


def shifts(comparison: Comparison) -> Chart | None:
    """Return the shifts with their intervals, worst first, between lines at the margin to both sides."""
    rows = [row for row in _weighty(comparison.rows) if row.shift and row.shift.low is not None][:_MAX_SHIFTS]
    if not rows:
        return None
    last = len(rows) - 1
    traces = [_shift_trace(answer, rows, last) for answer in _ANSWER_COLORS if answer in {row.answer for row in rows}]
    margin = 100 * comparison.policy.margin
    for name, x in (("margin", -margin), ("margin", margin)):
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": name,
                "x": [x, x],
                "y": [-0.6, last + 0.6],
                "line": {"width": 1.5, "dash": "dash"},
                "hoverinfo": "skip",
                "meta": {"color": "limit-warning", "unlisted": x > 0},
            }
        )
    bounds = [100 * bound for row in rows for bound in (row.shift.low, row.shift.high) if bound is not None]  # type: ignore[union-attr]
    left = max(-100.0, 1.1 * min(-1.5 * margin, *bounds))
    right = max(1.5 * margin, min(_FARTHEST_SHIFT, 1.1 * max(bounds)))
    names = [title(row).removeprefix("latency ") for row in reversed(rows)]
    figure = _figure(traces, {"type": "linear", "range": [left, right], **round_ticks(left, right, " %")}, "")
    figure["layout"]["yaxis"] = {
        "tickvals": list(range(len(rows))),
        "ticktext": [escape(shortened(name, _MAX_NAME), quote=False) for name in names],
        "range": [-0.6, last + 0.6],
    }
    return figure


def _weighty(rows: Sequence[Row]) -> list[Row]:
    order = (Answer.WORSE, Answer.BETTER, Answer.CANNOT_TELL, Answer.SAME)
    told = [row for row in rows if not is_share(row) and (row.decides or row.answer is Answer.WORSE)]
    return sorted(told, key=lambda row: order.index(row.answer))


def _shift_trace(answer: Answer, rows: Sequence[Row], last: int) -> Chart:
    chosen = [(last - place, row) for place, row in enumerate(rows) if row.answer is answer]
    known = [(place, row, row.shift) for place, row in chosen if row.shift is not None]
    estimates = [100 * of.estimate for _, _, of in known]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": answer.value,
        "x": estimates,
        "y": [place for place, _, _ in known],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [100 * (of.high or 0.0) - at for (_, _, of), at in zip(known, estimates, strict=True)],
            "arrayminus": [at - 100 * (of.low or 0.0) for (_, _, of), at in zip(known, estimates, strict=True)],
            "thickness": 1.5,
            "width": 4,
        },
        "customdata": [f"{title(row)}: {shift(row)}" for _, row, _ in known],
        "marker": {"size": 8},
        "hovertemplate": "%{customdata}",
        "meta": {"color": _ANSWER_COLORS[answer]},
    }


def _line(name: str, color: str, opacity: float, x: Iterable[float], y: Iterable[float], suffix: str) -> Chart:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [round(each, 4) for each in x],
        "y": list(y),
        "opacity": opacity,
        "line": {"width": 2 if opacity == 1 else 1},
        "hovertemplate": f"%{{y:,.4~g}}{suffix}",
        "meta": {"color": color},
    }


def _figure(traces: Sequence[Chart], xaxis: Chart, suffix: str) -> Chart:
    return {
        "data": list(traces),
        "layout": {
            "xaxis": {"fixedrange": False, "tickangle": 0, **xaxis},
            "yaxis": {"ticksuffix": suffix, "separatethousands": True, "nticks": 6, "rangemode": "tozero"},
            "showlegend": False,
            "hovermode": "closest",
        },
    }
