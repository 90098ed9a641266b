"""comparison.md: for a pull request's comment and a CI job's summary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from swarmscope.compare.comparison import Answer, Comparison, Row
from swarmscope.report.comparison.words import (
    answer,
    counted,
    headline,
    reasons,
    shift,
    title,
    told,
    value,
    why,
    why_not,
)
from swarmscope.report.markdown import plain

_MARKS = {Answer.WORSE: "❌", Answer.CANNOT_TELL: "⚠️", Answer.BETTER: "✅", Answer.SAME: "✅"}
_HEAD = ("| Figure | A | B | Shift | Answer |", "|---|---|---|---|---|")
_MAX_LISTED = 10
#: A comment on a pull request holds 65,536 characters.
_MAX_ROWS = 250


def to_markdown(comparison: Comparison) -> str:
    """Return the answer, what it rests on, and the figures; all of them are folded."""
    lines = [f"## {_MARKS[comparison.answer]} {headline(comparison)}: B against A", ""]
    lines += [f"A is {plain(told(comparison.a, comparison))}, B is {plain(told(comparison.b, comparison))}.", ""]
    if comparison.obstacles:
        lines += [f"**{why_not(comparison).partition(';')[0].capitalize()}**", ""]
        lines += [*_listed(comparison.obstacles), ""]
    if comparison.forced or not comparison.obstacles:
        lines += [*_listed(reasons(comparison)), ""]
    if comparison.warnings:
        lines += ["**Warnings**", "", *_listed(comparison.warnings), ""]
    rows = comparison.rows
    shown = [row for row in rows if row.decides and not row.method and not row.name]
    shown += [row for row in rows if row.answer in {Answer.WORSE, Answer.BETTER} and row not in shown]
    if shown:
        lines += [*_HEAD, *(_row(row, comparison) for row in shown[:_MAX_ROWS]), ""]
    if rows:
        lines += [f"<details><summary>All {len(rows)} figures: {counted(rows)}</summary>", "", *_HEAD]
        lines += [*(_row(row, comparison) for row in rows[:_MAX_ROWS])]
        left = len(rows) - _MAX_ROWS
        lines += [*([f"| and {left} more, in comparison.json | | | | |"] if left > 0 else []), "", "</details>", ""]
    return "\n".join(lines)


def _row(row: Row, comparison: Comparison) -> str:
    because = why(row, comparison)
    said = f"{answer(row)}: {because}" if because and row.decides else answer(row)
    cells = (plain(title(row)), value(row.figure, row.a), value(row.figure, row.b), shift(row), plain(said))
    return f"| {' | '.join(cells)} |"


def _listed(texts: Sequence[str]) -> Iterator[str]:
    yield from (f"- {plain(text)}" for text in texts[:_MAX_LISTED])
    yield from _more(texts[_MAX_LISTED:])


def _more(texts: Iterable[str]) -> Iterator[str]:
    rest = len(tuple(texts))
    if rest:
        yield f"- and {rest} more"
