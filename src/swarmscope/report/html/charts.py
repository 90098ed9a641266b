"""Charts as figures of Plotly, in plain dictionaries: over time, of buckets, of states.

A chart has no colors of its own: ``meta`` names them, and the page gives each name the color of its theme.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any

from swarmscope.report.html.axes import is_log, milliseconds, split_limits, time_axis, value_axis
from swarmscope.report.html.crossings import Crossing, on_chart, on_rows
from swarmscope.report.html.panel_data import Answer, Dot, Line
from swarmscope.report.html.panels import Panel, State
from swarmscope.report.html.units import Scale, scale_for, state_of
from swarmscope.report.html.window import Window

#: Of the palette; and a box that names every line at a time holds no more than so many.
COLORS, _MAX_NAMED_TOGETHER = 8, 12
_DASHES = ("solid", "dot", "dashdot", "longdash")


def over_time_figure(
    panel: Panel, answer: Answer, window: Window, crossings: Sequence[Crossing] = ()
) -> dict[str, Any]:
    """Return the figure; ``meta.beyond`` names the thresholds that are above it, ``meta.crossings`` those crossed."""
    scale, axis = value_axis(panel, answer)
    _, beyond = split_limits(panel, answer)
    looks = _Looks(panel, fills=len(answer.measured) == 1 and not is_log(panel, answer))
    traces = [
        *(_trace(answer, line, scale, looks) for line in answer.measured),
        *(_limit_trace(answer, line, scale, panel.unit) for line in answer.limits),
        *([_dots_trace(answer.dots, scale)] if answer.dots else []),
    ]
    return {
        "data": traces,
        "layout": {
            "xaxis": time_axis(window),
            "yaxis": axis,
            "showlegend": False,
            "hovermode": "x unified" if len(traces) <= _MAX_NAMED_TOGETHER else "closest",
            "meta": {
                "beyond": [_beyond(line, panel.unit) for line in beyond],
                "crossings": on_chart(answer, crossings),
            },
        },
    }


class _Looks:
    """How lines are drawn: in the color that the dashboard fixes, or in the next of the palette."""

    def __init__(self, panel: Panel, *, fills: bool) -> None:
        self._panel = panel
        self._fills = fills and not panel.signed
        self._used: Counter[str] = Counter()

    def of(self, line: Line) -> dict[str, Any]:
        fixed = self._panel.color_of(line.name, line.ref)
        place = self._used[fixed]
        self._used[fixed] += 1
        color, turn = (fixed, place) if fixed else (f"series-{place % COLORS + 1}", place // COLORS)
        drawn = {"width": 1.75, "dash": _DASHES[turn % len(_DASHES)]}
        if self._panel.stacked:
            return {"line": {"width": 1}, "stackgroup": "all", "meta": {"color": color}}
        return {"line": drawn, "meta": {"color": color}, **({"fill": "tozeroy"} if self._fills else {})}


def _trace(answer: Answer, line: Line, scale: Scale, looks: _Looks) -> dict[str, Any]:
    trace = _line(answer, line, scale) | looks.of(line)
    if _has_lone_points(line):  # of which a line alone shows nothing
        trace |= {"mode": "lines+markers", "marker": {"size": 4}}
    return trace


def _has_lone_points(line: Line) -> bool:
    around = zip((None, *line.values), line.values, (*line.values[1:], None), strict=False)
    return any(value is not None and before is None and after is None for before, value, after in around)


def _limit_trace(answer: Answer, line: Line, scale: Scale, unit: str) -> dict[str, Any]:
    last = line.known[-1]
    trace = _line(answer, line, scale)
    trace["line"] = {"width": 1.5, "dash": "dash"}
    trace["meta"] = {"color": f"limit-{line.limit}", "limit": scale_for(unit, last).text(last)}
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
        "meta": {"color": "dots"},
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
    return {"text": f"{line.name}: {scale_for(unit, last).text(last)}", "color": f"limit-{line.limit}"}


_MAX_TICKS = 8


def buckets_figure(
    panel: Panel, answer: Answer, window: Window, _crossings: Sequence[Crossing] = ()
) -> dict[str, Any] | None:
    """Return the figure, from the lowest to the highest bucket with observations; None when there are none."""
    edges, counts = _counted(answer)
    used = [row for row, values in enumerate(counts) if any(values)]
    if not used:
        return None
    rows = range(used[0], used[-1] + 1)
    labels = [_label(panel.unit, edges[row]) for row in rows]
    every = math.ceil(len(labels) / _MAX_TICKS)
    return {
        "data": [
            {
                "type": "heatmap",
                "x0": milliseconds(answer.begin),
                "dx": milliseconds(answer.step_seconds),
                "y": labels,
                "z": [[value or None for value in counts[row]] for row in rows],
                "hoverongaps": False,
                "hovertemplate": "%{x|%H:%M:%S}<br>%{y}: %{z:,.0f}<extra></extra>",
                "showscale": False,
                "meta": {"color": "heat"},
            }
        ],
        "layout": {
            "xaxis": time_axis(window),
            "yaxis": {"type": "category", "tickvals": labels[::every], "fixedrange": True},
            "showlegend": False,
            "hovermode": "closest",
        },
    }


def _counted(answer: Answer) -> tuple[list[float], list[list[int]]]:
    """Return the upper edges, and of each bucket the observations at each step, without those of lower buckets."""
    lines = sorted(answer.lines, key=_edge)
    below: list[tuple[float | None, ...]] = [(0.0,) * len(line.values) for line in lines[:1]]
    counts = [
        [max(0, round((high or 0.0) - (low or 0.0))) for low, high in zip(lower, upper, strict=True)]
        for lower, upper in pairwise([*below, *(line.values for line in lines)])
    ]
    return [_edge(line) for line in lines], counts


def _edge(line: Line) -> float:
    return float(line.labels.get("le", "+Inf").replace("+Inf", "inf"))


def _label(unit: str, edge: float) -> str:
    return "more" if math.isinf(edge) else f"≤ {scale_for(unit, edge).text(edge)}"


def states_figure(
    panel: Panel, answer: Answer, window: Window, crossings: Sequence[Crossing] = ()
) -> dict[str, Any] | None:
    """Return the figure; each row is a number on the axis, ``meta.rows`` has their names from the top.

    None when no series was ever in a state that means something.
    """
    rows = sorted((line for line in answer.measured if not stands_in(panel, line)), key=_first_seen)
    found: dict[State, list[tuple[int, int, int, str]]] = {}
    for place, line in enumerate(rows):
        for state, first, count in _stretches(panel, line):
            # A step has what came before it, since the step before.
            begin = milliseconds(max(answer.begin + (first - 1) * answer.step_seconds, window.begin))
            end = milliseconds(min(answer.begin + (first + count - 1) * answer.step_seconds, window.end))
            found.setdefault(state, []).append((place, begin, end - begin, line.name))
    if not found:
        return None
    return {
        "data": [_bars(state, bars) for state, bars in found.items()],
        "layout": {
            "xaxis": time_axis(window),
            "yaxis": {"range": [len(rows) - 0.5, -0.7], "visible": False, "fixedrange": True},
            "barmode": "overlay",
            "bargap": 0.62,
            "showlegend": False,
            "hovermode": "closest",
            "meta": {"rows": [line.name for line in rows], "crossings": on_rows(rows, crossings)},
        },
    }


def stands_in(panel: Panel, line: Line) -> bool:
    """Return whether a row is there for Grafana to have one at all: "no alert", which is its only state as well."""
    found = {state_of(value, panel.meanings) for value in line.known}
    return {state.text for state in found if state is not None} == {line.name}


def _bars(state: State, bars: list[tuple[int, int, int, str]]) -> dict[str, Any]:
    rows, begins, lengths, names = zip(*bars, strict=True)
    return {
        "type": "bar",
        "orientation": "h",
        "name": state.text,
        "y": list(rows),
        "base": list(begins),
        "x": list(lengths),
        "customdata": list(names),
        "hovertemplate": f"%{{customdata}}<br>{state.text} from %{{base|%H:%M:%S}}<extra></extra>",
        "meta": {"color": state.color or "series-1"},
    }


def _first_seen(line: Line) -> int:
    return next(place for place, value in enumerate(line.values) if value is not None)


def _stretches(panel: Panel, line: Line) -> Iterator[tuple[State, int, int]]:
    """State, first step and number of steps of each stretch; steps without a value, or of no state, are left out."""
    place = 0
    for state, steps in groupby(line.values, key=lambda value: state_of(value, panel.meanings)):
        count = len(list(steps))
        if state is not None:
            yield state, place, count
        place += count
