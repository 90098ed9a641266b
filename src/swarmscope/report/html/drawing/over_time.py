"""Lines over time, with the thresholds that they are judged by."""

from __future__ import annotations

from typing import Any

from swarmscope.report.html.answers import Answer, Dot, Line
from swarmscope.report.html.drawing.time_axis import milliseconds, time_axis
from swarmscope.report.html.panels import Panel
from swarmscope.report.html.units import Scale, scale_for
from swarmscope.report.html.window import Window

COLORS = 12
_DASHES = ("solid", "dot", "dashdot", "longdash")
#: A threshold further away than this many times the greatest value would press the lines flat: an arrow points to it.
_FARTHEST_LIMIT = 4.0
#: Above the greatest value, and where an arrow needs room.
_HEADROOM, _ROOM_FOR_AN_ARROW = 1.06, 1.2


def over_time_figure(panel: Panel, answer: Answer, window: Window) -> dict[str, Any]:
    """The figure; ``meta.beyond`` names the thresholds that are above it."""
    greatest = _greatest(panel, answer)
    limits = [line for line in answer.limits if max(line.known) <= greatest * _FARTHEST_LIMIT]
    beyond = [line for line in answer.limits if line not in limits]
    top = max([greatest, *(max(line.known) for line in limits)])
    scale = scale_for(panel.unit, top)
    single = len(answer.measured) == 1
    room = _ROOM_FOR_AN_ARROW if beyond else _HEADROOM
    traces = [
        *(_trace(panel, answer, line, scale, place, fills=single) for place, line in enumerate(answer.measured)),
        *(_limit_trace(answer, line, scale, panel.unit) for line in answer.limits),
        *([_dots_trace(answer.dots, scale)] if answer.dots else []),
    ]
    return {
        "data": traces,
        "layout": {
            "xaxis": time_axis(window),
            "yaxis": {
                "ticksuffix": scale.suffix,
                "separatethousands": True,
                "nticks": 6,
                **_range(panel, scale, top * room),
            },
            "showlegend": False,
            "hovermode": "x unified" if len(traces) <= COLORS else "closest",
            "meta": {"beyond": [_beyond(line, panel.unit) for line in beyond]},
        },
    }


def _greatest(panel: Panel, answer: Answer) -> float:
    if panel.stacked:
        columns = zip(*(line.values for line in answer.measured), strict=True)
        return max(sum(value or 0.0 for value in column) for column in columns)
    lines = max(max(map(abs, line.known)) for line in answer.measured)
    return max(lines, *(dot.value for dot in answer.dots), 0.0)


def _range(panel: Panel, scale: Scale, top: float) -> dict[str, Any]:
    if panel.signed:
        return {"zeroline": True}
    return {"range": [0, scale.of(top) or 1]}


def _trace(panel: Panel, answer: Answer, line: Line, scale: Scale, place: int, *, fills: bool) -> dict[str, Any]:
    trace = _line(answer, line, scale)
    trace["line"] = {"width": 1.75, "dash": _DASHES[place // COLORS % len(_DASHES)]}
    trace["meta"] = {"color": f"series-{place % COLORS + 1}"}
    if _has_lone_points(line):  # of which a line alone shows nothing
        trace |= {"mode": "lines+markers", "marker": {"size": 4}}
    if panel.stacked:
        trace |= {"stackgroup": "all", "line": {"width": 1}}
    elif fills and not panel.signed:
        trace["fill"] = "tozeroy"
    return trace


def _has_lone_points(line: Line) -> bool:
    around = zip((None, *line.values), line.values, (*line.values[1:], None), strict=False)
    return any(value is not None and before is None and after is None for before, value, after in around)


def _limit_trace(answer: Answer, line: Line, scale: Scale, unit: str) -> dict[str, Any]:
    last = line.known[-1]
    trace = _line(answer, line, scale)
    trace["line"] = {"width": 1.5, "dash": "dash"}
    trace["meta"] = {"color": line.limit, "limit": scale_for(unit, last).text(last)}
    return trace


def _dots_trace(dots: tuple[Dot, ...], scale: Scale) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "traced requests",
        "x": [milliseconds(dot.at_seconds) for dot in dots],
        "y": [scale.of(dot.value) for dot in dots],
        "customdata": [dot.trace_id for dot in dots],
        "marker": {"size": 6, "symbol": "diamond"},
        "hovertemplate": f"%{{y:,.4~g}}{scale.suffix}, trace %{{customdata}}",
        "meta": {"color": "series-12"},
    }


def _line(answer: Answer, line: Line, scale: Scale) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": line.name,
        "x0": milliseconds(answer.begin),
        "dx": milliseconds(answer.step_seconds),
        "y": [None if value is None else scale.of(value) for value in line.values],
        "connectgaps": False,
        "hovertemplate": f"%{{y:,.4~g}}{scale.suffix}",
    }


def _beyond(line: Line, unit: str) -> dict[str, str]:
    last = line.known[-1]
    return {"text": f"{line.name}: {scale_for(unit, last).text(last)}", "color": line.limit}
