"""A histogram over time: the darker, the more observations."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from swarmscope.report.html.answers import Answer, Line
from swarmscope.report.html.drawing.time_axis import milliseconds, time_axis
from swarmscope.report.html.panels import Panel
from swarmscope.report.html.units import scale_for
from swarmscope.report.html.window import Window

_MOST_TICKS = 8


def buckets_figure(panel: Panel, answer: Answer, window: Window) -> dict[str, Any] | None:
    """The figure, from the lowest to the highest bucket with observations; None when there are none."""
    edges, counts = _counted(answer)
    used = [row for row, values in enumerate(counts) if any(values)]
    if not used:
        return None
    rows = range(used[0], used[-1] + 1)
    labels = [_label(panel.unit, edges[row]) for row in rows]
    every = math.ceil(len(labels) / _MOST_TICKS)
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
    """The upper edges, and of each bucket the observations at each step: the buckets hold those below them, too."""
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
