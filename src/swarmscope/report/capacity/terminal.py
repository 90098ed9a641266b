"""A capacity on the terminal, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from swarmscope.capacity.answer import Capacity
from swarmscope.capacity.step import StepOutcome
from swarmscope.report.capacity.words import (
    Tries,
    about_figures,
    by_load,
    capitalized,
    facts,
    figures_of,
    headline,
    outcome_of,
    outcomes,
    why,
)
from swarmscope.report.terminal import STYLES, Item
from swarmscope.report.wording import printable

_STYLES = {
    StepOutcome.HELD: "green",
    StepOutcome.BROKE: "red",
    StepOutcome.UNDECIDED: "yellow",
    StepOutcome.GENERATOR: "yellow",
    StepOutcome.UNMEASURED: "dim",
}
#: From here on what broke has a column of its own.
_WIDE = 120
#: Holds a word of the outcomes with its number.
_MIN_TRIES = 13


def print_capacity(console: Console, capacity: Capacity) -> None:
    """Print the answer with what it rests on, then the table of steps."""
    console.print(Group(*_parts(capacity, console.width)))


def _parts(capacity: Capacity, width: int) -> Iterator[RenderableType]:
    found = capacity.outcome
    yield Text.assemble(
        (found, STYLES[found]), f"  {headline(capacity)}  ", (f"({printable(capacity.scenario)})", "dim")
    )
    for fact in facts(capacity):
        yield Text(capitalized(fact))
    for warning in capacity.warnings:
        yield Text(f"Warning: {printable(warning)}", style="yellow")
    yield from map(Item, capacity.advice)
    if capacity.steps:
        yield Text("")
        yield from _table(capacity, by_load(capacity.steps), width)


def _table(capacity: Capacity, rows: Sequence[Tries], width: int) -> Iterator[RenderableType]:
    figures = figures_of(capacity.steps)
    has_why = width >= _WIDE and any(map(why, rows))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("Load", justify="right", no_wrap=True)
    table.add_column("Tries", min_width=_MIN_TRIES)
    for figure in figures:
        table.add_column(figure.heading.replace(" ", "\n"), justify="right", no_wrap=True)
    if has_why:
        table.add_column("What broke")
    for row in rows:
        outcome = outcome_of(row)
        table.add_row(
            capacity.figure(row.load),
            Text(outcomes(row), _STYLES[outcome] if outcome else ""),
            *(figure.text(row.median_of(figure.take)) for figure in figures),
            *([Text(why(row))] if has_why else []),
        )
    yield table
    if figures:
        yield Text(about_figures(figures), style="dim")
    if not has_why:
        yield from map(Item, _whys(capacity, rows))


def _whys(capacity: Capacity, rows: Sequence[Tries]) -> Iterator[str]:
    """Yield what broke, loads one after another with the same together: 425/s to 800/s: latency p95."""
    for text, of in groupby(rows, key=why):
        if text:
            loads = [capacity.figure(row.load) for row in of]
            yield f"{' to '.join(dict.fromkeys((loads[0], loads[-1])))}: {text}"
