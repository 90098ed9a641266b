"""A band for each series, coloured by its state."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from swarmscope.report.html.answers import Answer, Line
from swarmscope.report.html.drawing.time_axis import milliseconds, time_axis
from swarmscope.report.html.panels import Panel, State
from swarmscope.report.html.units import state_of
from swarmscope.report.html.window import Window


def states_figure(panel: Panel, answer: Answer, window: Window) -> dict[str, Any] | None:
    """The figure; each row is a number on the axis, ``meta.rows`` has their names from the top.

    None when no series was ever in a state that means something.
    """
    rows = sorted(answer.measured, key=_first_seen)
    found: dict[State, list[tuple[int, int, int, str]]] = {}
    for place, line in enumerate(rows):
        for state, first, count in _stretches(panel, line):
            begin = milliseconds(max(answer.begin + first * answer.step_seconds, window.begin))
            end = milliseconds(min(answer.begin + (first + count) * answer.step_seconds, window.end))
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
            "meta": {"rows": [line.name for line in rows]},
        },
    }


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
        "meta": {"color": state.color},
    }


def _first_seen(line: Line) -> int:
    return next(place for place, value in enumerate(line.values) if value is not None)


def _stretches(panel: Panel, line: Line) -> Iterator[tuple[State, int, int]]:
    """State, first step and number of steps of each stretch; steps without a value, or of no state, are left out."""
    place = 0
    for state, steps in groupby(line.values, key=lambda value: state_of(value, panel.states)):
        count = len(list(steps))
        if state is not None:
            yield state, place, count
        place += count
