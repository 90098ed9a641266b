"""Runs of the past on the terminal, in as many columns as it is wide, and as JSON."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from rich.table import Table
from rich.text import Text

from swarmscope.objectives import figure_of
from swarmscope.report.history.changes import Searched
from swarmscope.report.history.past_runs import PastRun, PastRuns
from swarmscope.report.wording import moment, printable, shortened

SCHEMA_VERSION = 1  #: of --json, described in docs/results.md
#: What a column takes beyond its text, and the table for its edge.
_FRAME = 3
_SHORT_COMMIT, _DIRTY = 7, "-dirty"
_MAX_SCENARIO, _MIN_SCENARIO = 24, 8
_MAX_LABELS, _MIN_LABELS = 40, 16


@dataclass(frozen=True)
class _Column:
    heading: str
    cell: Callable[[PastRun], str]
    justify: Literal["left", "right"] = "left"
    widest: int = 80

    def width(self, runs: Sequence[PastRun]) -> int:
        return max([len(self.heading), *(len(self.text(run)) for run in runs)]) + _FRAME

    def text(self, run: PastRun) -> str:
        return shortened(self.cell(run), self.widest)


def began(run: PastRun) -> str:
    """Return when a run began, in UTC: 2026-01-31 14:25."""
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(run.began_seconds))


def p95(run: PastRun) -> str:
    return figure_of("_seconds", run.latency_p95_seconds, none="-")


def rate(run: PastRun) -> str:
    return figure_of("_per_second", run.requests_per_second, none="-")


def errors(run: PastRun) -> str:
    return figure_of("_ratio", run.error_ratio, none="-")


def short_commit(run: PastRun) -> str:
    """Return the beginning of a hash, with a star where files differed from it."""
    commit = run.commit.removesuffix(_DIRTY)
    return f"{printable(commit[:_SHORT_COMMIT])}{'*' if run.commit.endswith(_DIRTY) else ''}" or "-"


def labels(run: PastRun) -> str:
    """Return what a run says of itself: its environment, then its labels."""
    told = [run.environment, *(f"{name}={value}" for name, value in run.labels.items())]
    return printable(" ".join(filter(None, told))) or "-"


def count(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


#: In this order from left to right.
_COLUMNS = (
    _Column("Began (UTC)", began),
    _Column("Scenario", lambda run: printable(run.scenario), widest=_MAX_SCENARIO),
    _Column("Verdict", lambda run: run.verdict),
    _Column("p95", p95, "right"),
    _Column("Rate", rate, "right"),
    _Column("Errors", errors, "right"),
    _Column("Requests", lambda run: count(run.requests), "right"),
    _Column("Users", lambda run: count(run.users), "right"),
    _Column("Commit", short_commit),
    _Column("Labels", labels, widest=_MAX_LABELS),
    _Column("Folder", lambda run: printable(run.folder)),
)
#: Those that every table has; the others join in this order while there is room.
_ALWAYS = ("Began (UTC)", "Scenario", "Verdict", "p95", "Rate", "Commit")
_WHERE_THERE_IS_ROOM = ("Errors", "Labels", "Folder", "Requests", "Users")


def as_table(runs: Sequence[PastRun], title: str, styles: Mapping[str, str], width: int) -> Table:
    """Return a table that fits into so many columns of a terminal; ``styles`` maps verdicts to styles."""
    columns = _that_fit(runs, width)
    table = Table(title=Text(title), title_justify="left")
    for column in columns:
        table.add_column(column.heading, justify=column.justify, no_wrap=True)
    for run in runs:
        table.add_row(*(Text(column.text(run), style=styles.get(column.text(run), "")) for column in columns))
    return table


def _that_fit(runs: Sequence[PastRun], width: int) -> list[_Column]:
    by_name = {column.heading: column for column in _COLUMNS if _says_something(column, runs)}
    chosen = {name: by_name[name] for name in _ALWAYS if name in by_name}
    used = 1 + sum(column.width(runs) for column in chosen.values())
    if used > width and (scenario := chosen.get("Scenario")):
        room = scenario.width(runs) - _FRAME - (used - width)
        chosen["Scenario"] = replace(scenario, widest=max(_MIN_SCENARIO, room))
    for name in (name for name in _WHERE_THERE_IS_ROOM if name in by_name):
        column = by_name[name]
        if name == "Labels":
            room = width - used - _FRAME
            column = replace(column, widest=max(_MIN_LABELS, min(_MAX_LABELS, room)))
        if used + column.width(runs) <= width:
            chosen[name] = column
            used += column.width(runs)
    return [chosen[column.heading] for column in _COLUMNS if column.heading in chosen]


def _says_something(column: _Column, runs: Sequence[PastRun]) -> bool:
    """Return whether a column has more than dashes."""
    return any(column.text(run) != "-" for run in runs)


def verdicts_of(runs: Sequence[PastRun]) -> str:
    """Return how many runs have each verdict: 9 PASS, 2 FAIL."""
    found = Counter(run.verdict for run in runs)
    return ", ".join(f"{found[verdict]} {verdict}" for verdict in ("PASS", "FAIL", "INCONCLUSIVE") if found[verdict])


def as_json(found: PastRuns, results: Path, searched: Sequence[Searched] | None = None) -> str:
    """Return the runs, oldest first, with their figures as numbers; docs/results.md describes the fields.

    ``searched`` has the changes that were looked for; None where none were.
    """
    document: dict[str, object] = {
        "schema": SCHEMA_VERSION,
        "results": str(results),
        "runs": [{"began": moment(run.began_seconds), **asdict(run)} for run in found.runs],
        "skipped": list(found.skipped),
    }
    if searched is not None:
        changes = [change for each in searched for change in each.changes]
        document["changes"] = [{"began": moment(change.began_seconds), **asdict(change)} for change in changes]
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()
