"""capacity.md: for a pull request's comment and a CI job's summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from swarmscope.capacity.answer import Capacity
from swarmscope.report.capacity.words import (
    about_figures,
    by_load,
    capitalized,
    facts,
    figures_of,
    headline,
    outcomes,
    why,
)
from swarmscope.report.markdown import plain
from swarmscope.verdict.verdict import Outcome

_MARKS = {Outcome.PASS: "✅", Outcome.FAIL: "❌", Outcome.INCONCLUSIVE: "⚠️"}
#: A comment on a pull request holds 65,536 characters.
_MAX_LISTED, _MAX_ROWS = 20, 60


def to_markdown(capacity: Capacity) -> str:
    """Return the answer, what it rests on, what to do next, and the table of steps."""
    found = capacity.outcome
    lines = [f"## {_MARKS[found]} {found}: {plain(headline(capacity))} ({plain(capacity.scenario)})", ""]
    if told := [f"- {plain(capitalized(fact))}" for fact in facts(capacity)]:
        lines += [*told, ""]
    for title, texts in (("Warnings", capacity.warnings), ("What to do", capacity.advice)):
        if texts:
            lines += [f"**{title}**", "", *_listed(texts), ""]
    return "\n".join([*lines, *_table(capacity)])


def _listed(texts: Sequence[str]) -> Iterator[str]:
    yield from (f"- {plain(text)}" for text in texts[:_MAX_LISTED])
    if len(texts) > _MAX_LISTED:
        yield f"- and {len(texts) - _MAX_LISTED} more"


def _table(capacity: Capacity) -> Iterator[str]:
    rows, figures = by_load(capacity.steps), figures_of(capacity.steps)
    if not rows:
        return
    headings = ("Load", "Tries", *(figure.heading for figure in figures), "What broke")
    yield f"| {' | '.join(headings)} |"
    yield f"|---:|---|{'---:|' * len(figures)}---|"
    for row in rows[:_MAX_ROWS]:
        values = (figure.text(row.median_of(figure.take)) for figure in figures)
        yield f"| {' | '.join((capacity.figure(row.load), outcomes(row), *values, plain(why(row))))} |"
    left = len(rows) - _MAX_ROWS
    yield from [f"| and {left} more, in capacity.json |{' |' * (len(headings) - 1)}"] if left > 0 else []
    yield from ["", about_figures(figures), ""] if figures else [""]
