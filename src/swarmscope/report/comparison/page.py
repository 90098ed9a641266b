"""comparison.html: the answer, what it rests on, and both sides drawn over each other; one file that needs no other."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from swarmscope.compare.comparison import Answer, Comparison, Row, Side
from swarmscope.compare.summary import ALL, Conditions, Key
from swarmscope.report.comparison.charts import Chart, course, quantile_curves, shifts
from swarmscope.report.comparison.words import (
    ALL_REQUESTS,
    answer,
    by_subject,
    counted,
    figure_words,
    headline,
    reasons,
    shift,
    told,
    value,
    why,
    why_not,
)
from swarmscope.report.html.page import comparison_page
from swarmscope.report.html.panels import Kind, Panel
from swarmscope.report.html.rendered import Section, ShownPanel, ShownRow
from swarmscope.report.html.tables import Cell, Table
from swarmscope.report.wording import moment, printable

_STATES = {Answer.WORSE: "red", Answer.CANNOT_TELL: "orange", Answer.BETTER: "green", Answer.SAME: "green"}
_HEADINGS = ("Of", "Figure", "A", "B", "Shift", "Answer", "What would tell")
_NUMBERS = frozenset({"A", "B", "Shift"})
#: Endpoints that have curves of their own: those that are worse.
_MAX_ENDPOINTS = 3
_MISSING = float("-inf")


@dataclass(frozen=True)
class Page:
    """What the page shows."""

    answer: str
    state: str
    title: str
    sides: tuple[str, ...]
    reasons: tuple[str, ...]
    obstacles: tuple[str, ...]
    forced: str
    warnings: tuple[str, ...]
    shown: tuple[Section, ...]
    colophon: str
    left_out: tuple[Section, ...] = ()


def to_html(comparison: Comparison) -> str:
    """Return the page as text."""
    sections = (_charts(comparison), _figures(comparison), _conditions(comparison))
    found = comparison.answer
    return comparison_page(
        Page(
            answer=headline(comparison),
            state=_STATES[found],
            title=_title(comparison),
            sides=tuple(f"{name} is {told(side, comparison)}" for name, side in _sides(comparison)),
            reasons=tuple(map(printable, reasons(comparison))),
            obstacles=tuple(map(printable, comparison.obstacles)),
            forced=why_not(comparison).partition(";")[0],
            warnings=tuple(map(printable, comparison.warnings)),
            shown=tuple(section for section in sections if section.rows),
            colophon=f"Each interval holds its shift with {100 * comparison.policy.confidence:.3g} % confidence; one"
            f" of at most {100 * comparison.policy.margin:.3g} % counts as the same. Made {moment(time.time())}.",
        )
    )


def _sides(comparison: Comparison) -> Iterable[tuple[str, Side]]:
    return (("A", comparison.a), ("B", comparison.b))


def _title(comparison: Comparison) -> str:
    runs = (*comparison.b.runs, *comparison.a.runs)
    scenario = next((run.conditions.scenario for run in runs), "")
    return printable(f"{scenario}: B against A" if scenario else "B against A")


def _charts(comparison: Comparison) -> Section:
    over = "in windows of each run" if comparison.unit == "run" else "from block to block"
    panels = list(
        _panels(
            (
                "shifts",
                "Shift of B, with interval",
                "Right of zero is more; dashes: the margin.",
                24,
                shifts(comparison),
            ),
            ("p95", "p95 over time", f"Of all requests, {over}.", 12, course(comparison, "latency_p95_seconds")),
            (
                "rate",
                "Throughput over time",
                f"Of all requests, {over}.",
                12,
                course(comparison, "throughput_requests_per_second"),
            ),
        )
    )
    curves = [
        (
            f"curve-{place}",
            f"Latency by share of requests: {name}",
            "Thin: each run or block.",
            12,
            quantile_curves(comparison, key),
        )
        for place, (name, key) in enumerate(_drawn(comparison))
    ]
    panels += _panels(*curves)
    kept = (ShownRow("", tuple(panels)),) if panels else ()
    return Section("charts", "Charts", "A is blue, B is orange.", kept)


def _drawn(comparison: Comparison) -> list[tuple[str, Key]]:
    worse = dict.fromkeys((row.method, row.name) for row in comparison.rows if row.answer is Answer.WORSE)
    endpoints = [key for key in worse if key != ALL][:_MAX_ENDPOINTS]
    return [(ALL_REQUESTS, ALL), *((printable(" ".join(key)), key) for key in endpoints)]


def _panels(*charts: tuple[str, str, str, int, Chart | None]) -> Iterable[ShownPanel]:
    for key, title, description, width, chart in charts:
        if chart is not None:
            height = max(8, min(24, len(chart["layout"]["yaxis"].get("tickvals", ())))) if key == "shifts" else 8
            yield ShownPanel(Panel(key, Kind.TIMESERIES, title, description, "", width, height, ()), chart=chart)


def _figures(comparison: Comparison) -> Section:
    rows = [(name, row) for name, of in by_subject(comparison.rows) for row in of]
    if not rows:
        return Section("figures", "Figures", "", ())
    table = Table(
        _HEADINGS,
        tuple(_row(name, row, comparison) for name, row in rows),
        tuple(heading in _NUMBERS for heading in _HEADINGS),
    )
    panel = Panel("figures-table", Kind.TABLE, "All figures", "", "", 24, 8, ())
    return Section("figures", "Figures", counted(comparison.rows), (ShownRow("", (ShownPanel(panel, table=table),)),))


def _row(name: str, row: Row, comparison: Comparison) -> tuple[Cell, ...]:
    said = answer(row)
    color = _STATES[row.answer] if row.decides or row.answer in {Answer.WORSE, Answer.BETTER} else ""
    because = printable(why(row, comparison))
    return (
        Cell(name, name),
        Cell(figure_words(row.figure), row.figure),
        Cell(value(row.figure, row.a), _sort(row.a)),
        Cell(value(row.figure, row.b), _sort(row.b)),
        Cell(shift(row), _sort(row.shift.estimate if row.shift else None)),
        Cell(said, said, color),
        Cell(because, because),
    )


def _sort(measured: float | None) -> float:
    return _MISSING if measured is None else float(measured)


def _conditions(comparison: Comparison) -> Section:
    headings = ("Side", "Run", "Began", "Verdict", "Users", "Rate", "Workers", "Seconds", "Machine", "Host", "Commit")
    rows = []
    for name, side in _sides(comparison):
        for run in side.runs:
            of: Conditions = run.conditions
            began = moment(run.began_seconds) or "-"
            cells: Sequence[str | float | None] = (
                *(name, run.run_id, began, run.verdict, of.users, of.rate, of.workers, of.load_seconds),
                *(of.machine, run.host, run.commit),
            )
            rows.append(tuple(_cell(each) for each in cells))
    if not rows:
        return Section("conditions", "Runs", "", ())
    numeric = tuple(heading in {"Users", "Rate", "Workers", "Seconds"} for heading in headings)
    panel = Panel("conditions-table", Kind.TABLE, "What was compared", "", "", 24, 8, ())
    shown = ShownPanel(panel, table=Table(headings, tuple(rows), numeric))
    title = "Runs" if comparison.unit == "run" else "Blocks"
    return Section("conditions", title, f"{len(rows)} in all", (ShownRow("", (shown,)),), is_folded=True)


def _cell(shown: str | float | None) -> Cell:
    if shown is None or shown == "":
        return Cell("-", _MISSING)
    return Cell(printable(shown), shown) if isinstance(shown, str) else Cell(f"{shown:.4g}", float(shown))
