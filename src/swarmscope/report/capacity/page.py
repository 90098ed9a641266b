"""report.html of a capacity: the answer, how it was found, and how the target was at each load; one file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from swarmscope.capacity.answer import Capacity, Found
from swarmscope.capacity.step import Step, StepOutcome
from swarmscope.report.capacity.charts import BAND, OUTCOMES, Chart, answered, cpu, latency, search, shares
from swarmscope.report.capacity.words import (
    Boundary,
    Figure,
    Tries,
    about_figures,
    boundaries,
    by_load,
    capitalized,
    exhausted,
    figures_of,
    goal,
    goal_status,
    headline,
    how,
    outcome_of,
    outcomes,
    scaling_law,
    share_text,
    why,
)
from swarmscope.report.html.page import capacity_page
from swarmscope.report.html.panels import Kind, Panel
from swarmscope.report.html.rendered import Section, ShownPanel, ShownRow
from swarmscope.report.html.tables import Cell, Table
from swarmscope.report.wording import clock, moment, printable

_MISSING = float("-inf")


@dataclass(frozen=True)
class Tile:
    """A figure of the answer; ``status`` is that of an objective, or empty."""

    what: str
    value: str
    more: str = ""
    status: str = ""


@dataclass(frozen=True)
class Page:
    """What the page shows."""

    answer: str
    title: str
    about: str
    tiles: tuple[Tile, ...]
    first: str
    scaling: str
    warnings: tuple[str, ...]
    advice: tuple[str, ...]
    shown: tuple[Section, ...]
    colophon: str
    left_out: tuple[Section, ...] = ()


def to_html(capacity: Capacity) -> str:
    """Return the page as text."""
    sections = (_charts(capacity), _boundary(capacity), _loads(capacity), _runs(capacity))
    return capacity_page(
        Page(
            answer=capacity.outcome.value,
            title=capitalized(headline(capacity)) if capacity.at_least is None else headline(capacity),
            about=_about(capacity),
            tiles=tuple(_tiles(capacity)),
            first=capitalized(printable(capacity.first.sentence)) if capacity.first else "",
            scaling=scaling_law(capacity.scaling) if capacity.scaling else "",
            warnings=tuple(map(printable, capacity.warnings)),
            advice=tuple(map(printable, capacity.advice)),
            shown=tuple(section for section in sections if section.rows),
            colophon=f"Latency is measured from when a request was due. Made {moment(time.time())}.",
        )
    )


def _about(capacity: Capacity) -> str:
    count = len(capacity.steps)
    if not count:
        return printable(capacity.scenario)
    loads = len(by_load(capacity.steps))
    told = f"{count} step{'s' if count != 1 else ''} at {loads} load{'s' if loads != 1 else ''}"
    seconds = sum(step.seconds for step in capacity.steps)
    return " · ".join(filter(None, (printable(capacity.scenario), told, f"{seconds / 60:.0f} min judged")))


def _tiles(capacity: Capacity) -> Iterator[Tile]:
    if capacity.at_least is not None:
        yield Tile("Goal", f"at least {capacity.figure(capacity.at_least)}", goal(capacity), goal_status(capacity))
    yield Tile("Capacity", _interval(capacity), _found(capacity))
    if capacity.first is not None:
        yield Tile("Broke first", printable(capacity.first.title), how(capacity))
    if used_up := exhausted(capacity):
        yield Tile("Exhausted", used_up)
    if capacity.knee is not None:
        yield Tile("Knee", capacity.figure(capacity.knee), "latency rises faster from here on")


def _interval(capacity: Capacity) -> str:
    """Return both ends as they are known: 412 to 431/s, 300/s or more, below 500/s."""
    low, high = (None if load is None else capacity.figure(load) for load in (capacity.low, capacity.high))
    if low and high:
        return f"{low.removesuffix(capacity.unit)} to {high}"
    return f"{low} or more" if low else f"below {high}" if high else "unknown"


def _found(capacity: Capacity) -> str:
    """Return how the search ended."""
    ends = [None if load is None else capacity.figure(load) for load in (capacity.low, capacity.high)]
    return {
        Found.INTERVAL: f"{ends[0]} held each time, {ends[1]} broke each time",
        Found.AT_LEAST: "the highest load that was allowed held",
        Found.BELOW: "the lowest load that was tried broke",
        Found.GENERATOR: "the load generator was the limit",
        Found.ENDED: printable(capacity.ended),
    }[capacity.found]


_CHARTS: tuple[tuple[str, str, str, int, Callable[[Capacity], Chart | None]], ...] = (
    ("latency", "Latency by load", "A point for each try of p50, p95 and p99; lines join medians.", 12, latency),
    ("answered", "Answered by load", "Requests a second that were answered; a point for each try.", 12, answered),
    ("cpu", "CPU by load", "In cores; medians of the tries.", 8, cpu),
    ("shares", "Share used by load", "As a share of all there is; medians of the tries.", 8, shares),
    ("search", "Steps in the order of time", "The load of each step, and what became of it.", 8, search),
)


def _charts(capacity: Capacity) -> Section:
    panels = tuple(
        ShownPanel(Panel(key, Kind.TIMESERIES, title, description, "", width, 10, ()), chart=chart)
        for key, title, description, width, draw in (_CHARTS if capacity.steps else ())
        if (chart := draw(capacity)) is not None
    )
    has_band = any(trace["name"] == BAND for shown in panels for trace in (shown.chart or {})["data"])
    purpose = "The band is where the capacity lies." if has_band else ""
    return Section("charts", "Charts", purpose, (ShownRow("", panels),) if panels else ())


def _boundary(capacity: Capacity) -> Section:
    rows = boundaries(capacity)
    ends = tuple(load for load in (capacity.low, capacity.high) if load is not None)
    if not rows:
        return Section("boundary", "Objectives", "", ())
    headings = [("Objective", False), ("Threshold", True)]
    for load in ends:
        headings += [(f"At {capacity.figure(load)}", True), ("Of what is allowed", True)]
    cells = []
    for row in rows:
        values = [value for value, load in ((row.low, capacity.low), (row.high, capacity.high)) if load is not None]
        limit = Cell(row.limit, row.measured.threshold)
        cells.append((Cell(row.title, row.title), limit, *(cell for value in values for cell in _of_limit(row, value))))
    table = Table(tuple(name for name, _ in headings), tuple(cells), tuple(is_number for _, is_number in headings))
    purpose = f"At the boundary: {' and '.join(map(capacity.figure, ends))}, medians of the tries."
    return _table("boundary", "Objectives", purpose, table)


def _of_limit(row: Boundary, value: float | None) -> tuple[Cell, Cell]:
    share = row.share(value)
    color = {True: "green", False: "red", None: ""}[row.is_met(value)]
    return Cell(row.text(value), _sort(value)), Cell(share_text(share), _sort(share), color)


def _loads(capacity: Capacity) -> Section:
    rows, figures = by_load(capacity.steps), figures_of(capacity.steps)
    has_why = any(map(why, rows))
    headings = (("Load", True), ("Tries", False), *((figure.heading, True) for figure in figures))
    headings += (("What broke", False),) if has_why else ()
    cells = tuple(_load(capacity, row, figures, has_why=has_why) for row in rows)
    table = Table(tuple(name for name, _ in headings), cells, tuple(is_number for _, is_number in headings))
    return _table("loads", "Loads", about_figures(figures) if figures else "", table)


def _load(capacity: Capacity, row: Tries, figures: Sequence[Figure], *, has_why: bool) -> tuple[Cell, ...]:
    outcome, told, broke = outcome_of(row), outcomes(row), why(row)
    values = [(figure, row.median_of(figure.take)) for figure in figures]
    return (
        Cell(capacity.figure(row.load), row.load),
        Cell(told, told, _colored(outcome)),
        *(Cell(figure.text(value), _sort(value)) for figure, value in values),
        *([Cell(broke, broke)] if has_why else []),
    )


def _runs(capacity: Capacity) -> Section:
    """Return each step by itself, with the run that it was."""
    headings = ("Step", "Began (UTC)", "Load", "Outcome", "Why", "Seconds", "Run")
    numeric = tuple(heading in {"Step", "Load", "Seconds"} for heading in headings)
    table = Table(headings, tuple(_run(capacity, step) for step in capacity.steps), numeric)
    return replace(_table("steps", "Steps", f"{len(capacity.steps)} in the order of time", table), is_folded=True)


def _run(capacity: Capacity, step: Step) -> tuple[Cell, ...]:
    because, run_id = printable(step.because), printable(step.run_id)
    return (
        Cell(str(step.number), float(step.number)),
        Cell(clock(step.begin_seconds), step.begin_seconds),
        Cell(capacity.figure(step.load), step.load),
        Cell(step.outcome, step.outcome, _colored(step.outcome)),
        Cell(because, because),
        Cell(f"{step.seconds:.0f}", step.seconds),
        Cell(run_id, run_id),
    )


def _colored(outcome: StepOutcome | None) -> str:
    """Return the color of an outcome in a table, which knows fewer than the charts."""
    color = OUTCOMES[outcome][0] if outcome is not None else "orange"
    return "" if color == "soft" else color


def _table(key: str, title: str, purpose: str, table: Table) -> Section:
    panel = Panel(f"{key}-table", Kind.TABLE, f"All {title.lower()}", "", "", 24, 8, ())
    rows = (ShownRow("", (ShownPanel(panel, table=table),)),) if table.rows else ()
    return Section(key, title, purpose, rows)


def _sort(value: float | None) -> float:
    return _MISSING if value is None else float(value)
