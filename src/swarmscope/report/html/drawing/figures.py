"""A single figure, with what it means."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.report.html.answers import Answer
from swarmscope.report.html.panels import Panel
from swarmscope.report.html.units import state_of, text_of


@dataclass(frozen=True)
class Figure:
    """``color`` names what it means; empty for a plain figure. ``is_there`` is False for the text that replaces it."""

    text: str
    color: str = ""
    is_there: bool = True


def figure_of(panel: Panel, answer: Answer) -> Figure:
    """The value of the first series that has one, or the panel's own words for none."""
    line = next(iter(answer.measured), None)
    if line is None:
        return Figure(panel.no_value or "no data", is_there=False)
    if panel.shows_name:
        return Figure(line.name)
    value = line.known[-1]
    state = state_of(value, panel.states)
    return Figure(text_of(panel.unit, value)) if state is None else Figure(state.text, state.color)
