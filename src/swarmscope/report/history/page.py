"""Runs of the past as a page: of each scenario the trend of p95, throughput and errors, and its runs."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from swarmscope.report.history.changes import Change, Searched, changes_by_scenario
from swarmscope.report.history.past_runs import PastRun, PastRuns
from swarmscope.report.history.table import began, count, errors, labels, p95, rate, short_commit, verdicts_of
from swarmscope.report.html.page import history_page
from swarmscope.report.html.panels import Kind, Panel
from swarmscope.report.html.rendered import Section, ShownPanel, ShownRow
from swarmscope.report.html.tables import Cell, Table
from swarmscope.report.html.units import scale_for
from swarmscope.report.results_folder import REPORT_FILE
from swarmscope.report.wording import moment, printable

#: Color, and symbol for those who cannot tell the colors apart.
_MARKS = {"PASS": ("green", "circle"), "FAIL": ("red", "x"), "INCONCLUSIVE": ("orange", "diamond")}
_MAX_TICKS = 5
#: A threshold further away than this many times the greatest value would press the line flat.
_FARTHEST_LIMIT, _HEADROOM = 4.0, 1.08
#: Below zero, so that a mark on it is whole; as a share of the axis.
_FOOTROOM = 0.035
_MISSING = float("-inf")
_HEADINGS = ("Began (UTC)", "Verdict", "p95", "Rate", "Errors", "Requests", "Users", "Commit", "Labels", "Run")
_NUMBERS = frozenset({"p95", "Rate", "Errors", "Requests", "Users"})


@dataclass(frozen=True)
class History:
    """What the page shows; the name of a section is that of a scenario."""

    title: str
    verdicts: str
    shown: tuple[Section, ...]
    skipped: tuple[str, ...]
    colophon: str
    left_out: tuple[Section, ...] = ()


@dataclass(frozen=True)
class _Trend:
    title: str
    description: str
    unit: str
    value: Callable[[PastRun], float | None]
    limit: Callable[[PastRun], float | None] | None = None
    figure: str = ""


_TRENDS = (
    _Trend(
        "p95",
        "95 % of all requests were faster, without the ramp; dashes: the critical threshold that was in force.",
        "s",
        lambda run: run.latency_p95_seconds,
        lambda run: run.p95_limit_seconds,
        figure="latency_p95_seconds",
    ),
    _Trend(
        "Throughput",
        "Requests per second, without the ramp.",
        "reqps",
        lambda run: run.requests_per_second,
        figure="throughput_requests_per_second",
    ),
    _Trend(
        "Error ratio",
        "Failed requests as a share of all, without the ramp.",
        "percentunit",
        lambda run: run.error_ratio,
        figure="error_ratio",
    ),
)


def history_html(found: PastRuns, results: Path, page: Path, searched: Sequence[Searched] = ()) -> str:
    """Return one file that needs nothing else; its links to reports are relative to ``page``, where it will be.

    ``searched`` has the changes that are drawn into the trends.
    """
    changes = changes_by_scenario(searched)
    by_scenario = sorted(found.runs, key=lambda run: run.scenario)
    groups = [(name, tuple(runs)) for name, runs in groupby(by_scenario, key=lambda run: run.scenario)]
    return history_page(
        History(
            title=f"{len(found.runs)} run{'s' if len(found.runs) != 1 else ''} in {results}",
            verdicts=verdicts_of(found.runs),
            shown=tuple(
                _section(place, name, runs, _links(runs, results, page), changes.get(name, ()))
                for place, (name, runs) in enumerate(groups)
            ),
            skipped=found.skipped,
            colophon=f"From the verdict.json of each run; all times are in UTC. Made {moment(time.time())}.",
        )
    )


def _counted(runs: Sequence[PastRun]) -> str:
    return f"{len(runs)} run{'s' if len(runs) != 1 else ''}: {verdicts_of(runs)}"


def _links(runs: Sequence[PastRun], results: Path, page: Path) -> Mapping[str, str]:
    """Return the addresses of the reports that are there, by folder, as the page has to write them."""
    reports = {run.folder: results / run.folder / REPORT_FILE for run in runs}
    return {
        folder: quote(Path(os.path.relpath(report.absolute(), page.absolute().parent)).as_posix())
        for folder, report in reports.items()
        if report.is_file()
    }


def _section(
    place: int, scenario: str, runs: Sequence[PastRun], links: Mapping[str, str], changes: Sequence[Change]
) -> Section:
    key = f"scenario-{place}-{re.sub(r'[^A-Za-z0-9]+', '-', scenario)}"
    trends = _TRENDS if len(runs) > 1 else ()
    charts = tuple(_chart(f"{key}-{number}", trend, runs, changes) for number, trend in enumerate(trends))
    below = Panel(f"{key}-runs", Kind.TABLE, "Runs, the newest first", "", "", 24, 8, ())
    table = ShownPanel(below, table=_table(runs, links))
    return Section(key, printable(scenario), _counted(runs), (ShownRow("", (*charts, table)),))


def _chart(key: str, trend: _Trend, runs: Sequence[PastRun], changes: Sequence[Change]) -> ShownPanel:
    panel = Panel(key, Kind.TIMESERIES, trend.title, trend.description, trend.unit, 8, 9, ())
    known = [value for run in runs if (value := trend.value(run)) is not None]
    if not known:
        return ShownPanel(panel, why_empty="No run measured it.")
    return ShownPanel(panel, chart=_figure(trend, runs, max(known), changes))


def _figure(trend: _Trend, runs: Sequence[PastRun], greatest: float, changes: Sequence[Change]) -> dict[str, Any]:
    """Return a figure with a place for each run, in order of time: runs come in bunches."""
    values = [trend.value(run) for run in runs]
    limits = [trend.limit(run) if trend.limit else None for run in runs]
    near = [limit if limit is not None and limit <= _FARTHEST_LIMIT * greatest else None for limit in limits]
    top = max([greatest, *(limit for limit in near if limit is not None)])
    scale = scale_for(trend.unit, top)
    highest = scale.of(top * _HEADROOM) or 1

    def scaled(numbers: Sequence[float | None]) -> list[float | None]:
        return [None if number is None else scale.of(number) for number in numbers]

    trend_line = _trace("trend", scaled(values)) | {"mode": "lines", "line": {"width": 1}, "hoverinfo": "skip"}
    limit_line = _trace("threshold", scaled(near)) | {
        "mode": "lines",
        "line": {"width": 1.5, "dash": "dash", "shape": "hvh"},
    }
    limit_line |= {"meta": {"color": "limit-critical"}, "hoverinfo": "skip"}
    return {
        "data": [
            trend_line | {"meta": {"color": "soft", "unlisted": True}},
            *([limit_line] if any(limit is not None for limit in near) else []),
            *_change_lines(trend, runs, changes, highest),
            *(_marks(verdict, runs, scaled(values), scale.suffix) for verdict in _MARKS if verdict in _verdicts(runs)),
        ],
        "layout": {
            "xaxis": {"type": "linear", "range": [0.4, len(runs) + 0.6], "fixedrange": False, **_ticks(runs)},
            "yaxis": {
                "ticksuffix": scale.suffix,
                "separatethousands": True,
                "nticks": 6,
                "range": [-_FOOTROOM * highest, highest],
            },
            "showlegend": False,
            "hovermode": "closest",
        },
    }


def _change_lines(
    trend: _Trend, runs: Sequence[PastRun], changes: Sequence[Change], highest: float
) -> Iterable[dict[str, Any]]:
    """Yield an upright line before each run from which the figure was another."""
    places = {run.run_id: place for place, run in enumerate(runs, 1)}
    for number, change in enumerate(each for each in changes if each.figure == trend.figure):
        at = places[change.run_id] - 0.5
        yield {
            "type": "scatter",
            "mode": "lines",
            "name": "change",
            "x": [at, at],
            "y": [0, highest],
            "line": {"width": 2},
            "hoverinfo": "skip",
            "meta": {"color": "limit-warning", "unlisted": bool(number)},
        }


def _verdicts(runs: Sequence[PastRun]) -> frozenset[str]:
    return frozenset(run.verdict for run in runs)


def _trace(name: str, values: Sequence[float | None]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": name,
        "x": list(range(1, len(values) + 1)),
        "y": list(values),
        "connectgaps": True,
    }


def _marks(verdict: str, runs: Sequence[PastRun], values: Sequence[float | None], suffix: str) -> dict[str, Any]:
    color, symbol = _MARKS[verdict]
    chosen = [
        (place, value, _about(run))
        for place, (run, value) in enumerate(zip(runs, values, strict=True), 1)
        if run.verdict == verdict
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": verdict,
        "x": [place for place, _, _ in chosen],
        "y": [value for _, value, _ in chosen],
        "customdata": [about for _, _, about in chosen],
        "marker": {"size": 8, "symbol": symbol},
        "hovertemplate": f"%{{y:,.4~g}}{suffix}<br>%{{customdata}}",
        "meta": {"color": color},
    }


def _about(run: PastRun) -> str:
    """Return what a point says of its run: when it began, and of which commit; a chart has no room for more."""
    return " · ".join(text for text in (began(run), short_commit(run)) if text != "-")


def _ticks(runs: Sequence[PastRun]) -> dict[str, Any]:
    """Return when runs began, below the chart: the time of day where all are of one day, the month of several years."""
    times = [time.gmtime(run.began_seconds) for run in runs]
    years, days = ({each[:parts] for each in times} for parts in (1, 3))
    form = "%H:%M" if len(days) == 1 else "%b %d" if len(years) == 1 else "%b %Y"
    places = range(0, len(runs), -(-len(runs) // _MAX_TICKS))
    texts = [time.strftime(form, times[place]) for place in places]
    return {"tickvals": [place + 1 for place in places], "ticktext": texts, "tickangle": 0}


def _table(runs: Sequence[PastRun], links: Mapping[str, str]) -> Table:
    """Return a row for each run, without columns that say nothing of any."""
    rows = [_row(run, links.get(run.folder, "")) for run in reversed(runs)]
    kept = [place for place in range(len(_HEADINGS)) if any(row[place].text != "-" for row in rows)]
    headings = tuple(_HEADINGS[place] for place in kept)
    return Table(
        headings,
        tuple(tuple(row[place] for place in kept) for row in rows),
        tuple(heading in _NUMBERS for heading in headings),
    )


def _row(run: PastRun, link: str) -> tuple[Cell, ...]:
    return (
        Cell(began(run), run.began_seconds),
        Cell(run.verdict, run.verdict, _MARKS[run.verdict][0]),
        Cell(p95(run), _sort(run.latency_p95_seconds)),
        Cell(rate(run), _sort(run.requests_per_second)),
        Cell(errors(run), _sort(run.error_ratio)),
        Cell(count(run.requests), _sort(run.requests)),
        Cell(count(run.users), _sort(run.users)),
        Cell(short_commit(run), run.commit),
        Cell(labels(run), labels(run)),
        Cell(printable(run.run_id), run.run_id, href=link),
    )


def _sort(value: float | None) -> float:
    return _MISSING if value is None else float(value)
