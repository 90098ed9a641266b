"""Tables, and single figures: the answers of several queries, merged by their labels and organized."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from swarmscope.report.html.panel_data import Answer
from swarmscope.report.html.panels import Column, Meanings, Panel, State
from swarmscope.report.html.units import state_of, text_of

_MISSING_LAST = float("-inf")
#: What the field of a query is called, with its letter where there are several.
_VALUE = "Value"


@dataclass(frozen=True)
class Cell:
    """``sort`` is what the cell is sorted by: a number, or the text itself; ``href`` is where it leads."""

    text: str
    sort: float | str
    color: str = ""
    href: str = ""

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
    found = dict.fromkeys(name for row in merged for name in row if name not in organize.hidden)
    columns = {name: _column(panel, name) for name in found}
    fields = [name for name, column in columns.items() if not column.is_hidden]
    fields.sort(key=lambda name: organize.order.get(name, len(organize.order)))
    headings = [columns[name].title for name in fields]
    rows = [tuple(_cell(columns[name], name, row) for name in fields) for row in merged]
    if panel.sort_by in headings:
        column = headings.index(panel.sort_by)
        rows.sort(key=lambda row: _sort_key(row[column]), reverse=not panel.sort_ascending)
        rows.sort(key=lambda row: row[column].sort == _MISSING_LAST)
    numeric = tuple(any(isinstance(row.get(name), float) for row in merged) for name in fields)
    return Table(tuple(headings), tuple(rows), numeric)


def _merged(answer: Answer, *, several: bool) -> list[dict[str, str | float]]:
    rows: dict[frozenset[tuple[str, str]], dict[str, str | float]] = {}
    for line in answer.lines:
        labels = {name: value for name, value in line.labels.items() if name != "__name__"}
        row = rows.setdefault(frozenset(labels.items()), dict(labels))
        if line.known:
            row[f"{_VALUE} #{line.ref}" if several else _VALUE] = line.known[-1]
    return list(rows.values())


def _column(panel: Panel, name: str) -> Column:
    """Return how a field is written: by the settings of its name, and of the whole panel where those are silent."""
    heading = panel.organize.names.get(name, name)
    own = panel.columns.get(heading) or panel.columns.get(name)
    if own is None:
        return Column("none", panel.meanings, panel.decimals, heading)
    return Column(
        own.unit or panel.unit,
        own.meanings if own.meanings != Meanings() else panel.meanings,
        panel.decimals if own.decimals is None else own.decimals,
        own.title or heading,
        own.is_hidden,
    )


def _cell(column: Column, name: str, row: Mapping[str, str | float]) -> Cell:
    value = row.get(name)
    text: str
    sort: str | float
    if value is None:
        text, sort = "-" if name.startswith(_VALUE) else "", _MISSING_LAST
    else:
        text, sort = value if isinstance(value, str) else text_of(column.unit, value, column.decimals), value
    state = state_of(value, column.meanings)
    return Cell(text, sort) if state is None else Cell(state.text or text, sort, state.color)


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
        nothing = state_of(None, panel.meanings) or State("")
        return Figure(nothing.text or panel.no_value or "no data", nothing.color, is_there=False)
    if panel.shows_name:
        return Figure(line.name)
    value = line.known[-1]
    state, text = state_of(value, panel.meanings), text_of(panel.unit, value, panel.decimals)
    return Figure(text) if state is None else Figure(state.text or text, state.color)
