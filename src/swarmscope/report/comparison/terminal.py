"""A comparison on the terminal, in 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from swarmscope.compare.comparison import Answer, Comparison, Row
from swarmscope.compare.judge import MIN_BASELINE_RUNS
from swarmscope.report.comparison.words import (
    ALL_REQUESTS,
    answer,
    by_subject,
    counted,
    figure_words,
    headline,
    reasons,
    shift,
    subject,
    told,
    value,
    why_not,
)
from swarmscope.report.terminal import Item
from swarmscope.report.wording import printable

_STYLES = {
    Answer.WORSE: "bold red",
    Answer.CANNOT_TELL: "bold yellow",
    Answer.BETTER: "green",
    Answer.SAME: "green",
}
_MAX_REASONS, _MAX_SUBJECTS = 8, 12
_WIDTHS = (19, 9, 9, 24, 14)


def print_comparison(console: Console, comparison: Comparison) -> None:
    """Print the figures that have something to say, then the answer with what it rests on."""
    console.print(Group(*_parts(comparison)))


def _parts(comparison: Comparison) -> Iterator[RenderableType]:
    yield from _rows(comparison)
    yield Text(f"A is {told(comparison.a, comparison)}")
    yield Text(f"B is {told(comparison.b, comparison)}")
    for warning in comparison.warnings[:_MAX_REASONS]:
        yield Text(f"Warning: {printable(warning)}", style="yellow")
    found = comparison.answer
    yield Text.assemble("B against A: ", (headline(comparison), _STYLES[found]))
    if comparison.obstacles:
        yield Text(why_not(comparison), style="yellow")
        yield from _listed(comparison.obstacles)
        if not comparison.forced:
            return
    yield from _listed(reasons(comparison))
    if advice := _advice(comparison):
        yield Text(advice)


def _rows(comparison: Comparison) -> Iterator[RenderableType]:
    groups = list(by_subject(comparison.rows))
    shown = [group for group in groups if group[0] == ALL_REQUESTS or any(map(_says_something, group[1]))]
    for name, rows in shown[:_MAX_SUBJECTS]:
        chosen = rows if name == ALL_REQUESTS else [row for row in rows if row.decides or _is_told(row)]
        yield Text(name, style="bold")
        yield _table(chosen, has_header=name == ALL_REQUESTS)
    rest = [
        row for _, rows in (*shown[_MAX_SUBJECTS:], *(each for each in groups if each not in shown)) for row in rows
    ]
    if rest:
        subjects = len(dict.fromkeys(map(subject, rest)))
        yield Text(f"and {subjects} more endpoint{'s' if subjects > 1 else ''}: {counted(rest)}", style="dim")
    if groups:
        yield Text("")


def _is_told(row: Row) -> bool:
    return row.answer in {Answer.WORSE, Answer.BETTER}


def _says_something(row: Row) -> bool:
    return _is_told(row) or (row.answer is Answer.CANNOT_TELL and row.decides)


def _table(rows: Sequence[Row], *, has_header: bool) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=has_header, header_style="dim")
    headings = ("", "A", "B", "Shift", "Answer")
    for heading, width in zip(headings, _WIDTHS, strict=True):
        is_number = heading in {"A", "B"}
        table.add_column(heading, justify="right" if is_number else "left", min_width=width)
    for row in rows:
        style = _STYLES[row.answer] if row.decides or _is_told(row) else "dim"
        cells = (figure_words(row.figure), value(row.figure, row.a), value(row.figure, row.b), shift(row))
        table.add_row(
            *(f"  {cell}" if not place else cell for place, cell in enumerate(cells)), Text(answer(row), style)
        )
    return table


def _listed(lines: Sequence[str]) -> Iterator[RenderableType]:
    for line in lines[:_MAX_REASONS]:
        yield Item(line)
    if len(lines) > _MAX_REASONS:
        yield Item(f"and {len(lines) - _MAX_REASONS} more")


def _advice(comparison: Comparison) -> str:
    """Return what to do about an answer that cannot be had of what there is."""
    if comparison.answer is not Answer.CANNOT_TELL or comparison.unit != "run":
        return ""
    if len(comparison.a.runs) < MIN_BASELINE_RUNS:
        return (
            f"A comparison of single runs decides from {MIN_BASELINE_RUNS} runs of A on, for a machine is not the same"
            " from one day to the next: keep runs with `swarmscope baseline add`, or let both run now with"
            " `swarmscope ab`"
        )
    return "More runs of A make the interval shorter: `swarmscope baseline add`"
