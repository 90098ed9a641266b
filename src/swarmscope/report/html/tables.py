"""Tables, and single figures: the answers of several queries, merged by their labels and organized."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.objectives import unit_of
from swarmscope.report.html.panel_data import Answer
from swarmscope.report.html.panels import Column, Panel
from swarmscope.report.html.units import state_of, text_of

#: Units of columns whose rows are objectives: each of these is in the unit of its own.
_UNITS_OF_ANY_OBJECTIVE = frozenset({"short", "none"})
_MISSING_LAST = float("-inf")


@dataclass(frozen=True)
class Cell:
    """``sort`` is what the cell is sorted by: a number, or the text itself."""

    text: str
    sort: float | str
    color: str = ""

    @property
    def is_number(self) -> bool:
        return isinstance(self.sort, float)


@dataclass(frozen=True)
class Table:
    headings: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numeric: tuple[bool, ...]  #: by column


def table_of(panel: Panel, answer: Answer) -> Table:
    """Return a row for each set of labels, a column for each label and query that is not hidden."""
    merged = _merged(answer, several=len(panel.targets) > 1)
    organize = panel.organize
    fields = [name for name in dict.fromkeys(name for row in merged for name in row) if name not in organize.hidden]
    fields.sort(key=lambda name: organize.order.get(name, len(organize.order)))
    headings = [organize.names.get(name, name) for name in fields]
    rows = [
        tuple(
            _cell(panel.columns.get(heading), row.get(name), str(row.get("objective", "")))
            for name, heading in zip(fields, headings, strict=True)
        )
        for row in merged
    ]
    if panel.sort_by in headings:
        column = headings.index(panel.sort_by)
        rows.sort(key=lambda row: _sort_key(row[column]), reverse=True)
    numeric = tuple(any(isinstance(row.get(name), float) for row in merged) for name in fields)
    return Table(tuple(headings), tuple(rows), numeric)


def _merged(answer: Answer, *, several: bool) -> list[dict[str, str | float]]:
    rows: dict[frozenset[tuple[str, str]], dict[str, str | float]] = {}
    for line in answer.lines:
        labels = {name: value for name, value in line.labels.items() if name != "__name__"}
        row = rows.setdefault(frozenset(labels.items()), dict(labels))
        if line.known:
            row[f"Value #{line.ref}" if several else "Value"] = line.known[-1]
    return list(rows.values())


def _cell(column: Column | None, value: str | float | None, objective: str) -> Cell:
    if isinstance(value, str):
        return Cell(value, value)
    if value is None:
        return Cell("-" if column else "", _MISSING_LAST)
    state = state_of(value, column.states) if column else None
    if state is not None:
        return Cell(state.text, value, state.color)
    unit = column.unit if column else "none"
    if objective and unit in _UNITS_OF_ANY_OBJECTIVE:
        own = unit_of(objective)
        unit = unit if own is None else own.panel
    return Cell(text_of(unit, value), value)


def _sort_key(cell: Cell) -> tuple[bool, float, str]:
    return (cell.is_number, cell.sort if isinstance(cell.sort, float) else 0.0, cell.text)


@dataclass(frozen=True)
class Figure:
    """``color`` names what it means; empty for a plain figure. ``is_there`` is False for the text that replaces it."""

    text: str
    color: str = ""
    is_there: bool = True


def figure_of(panel: Panel, answer: Answer) -> Figure:
    """Return the value of the first series that has one, or the panel's own words for none."""
    line = next(iter(answer.measured), None)
    if line is None:
        return Figure(panel.no_value or "no data", is_there=False)
    if panel.shows_name:
        return Figure(line.name)
    value = line.known[-1]
    state = state_of(value, panel.states)
    return Figure(text_of(panel.unit, value)) if state is None else Figure(state.text, state.color)
