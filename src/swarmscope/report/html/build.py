"""Puts a report together: what Prometheus holds of a run, and what its verdict says."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.grafana.links import run_overview_url
from swarmscope.project.files import write_whole
from swarmscope.report.html.annotations import marks_of
from swarmscope.report.html.crossings import Crossing, crossings_of
from swarmscope.report.html.dashboards import read_dashboards
from swarmscope.report.html.empty_panels import Surroundings, jobs_scraped
from swarmscope.report.html.page import Link, Report, report_html
from swarmscope.report.html.panel_data import resolved
from swarmscope.report.html.panels import Dashboard
from swarmscope.report.html.query_cache import Asker, Prometheus
from swarmscope.report.html.rendered import Section, below_verdict, shown_section
from swarmscope.report.html.run_window import RunTime, run_time
from swarmscope.report.html.verdict_view import judgement_of
from swarmscope.report.results_folder import REPORT_FILE
from swarmscope.report.wording import moment
from swarmscope.verdict.verdict import JudgedRun

#: Files that a run leaves beside its report, in the order in which they are of use.
_FILES = (
    ("verdict.json", "verdict.json, for programs"),
    ("verdict.md", "verdict.md, for a pull request"),
    ("junit.xml", "junit.xml, for CI"),
    ("metrics.txt", "metrics.txt, for CI that compares branches"),
    ("locust-report.html", "Locust's own report"),
    ("locust-requests.csv", "requests (CSV)"),
    ("locust-failures.csv", "failures (CSV)"),
    ("locust-exceptions.csv", "exceptions (CSV)"),
)


class UnknownRunError(Exception):
    """Prometheus holds nothing of the run."""


def write_report(
    folder: Path,
    prometheus: Prometheus,
    run_id: str,
    judged: JudgedRun | None,
    time_limit_seconds: float,
    now: Callable[[], float] = time.time,
) -> Path:
    """Write report.html into the run's folder; return where it is.

    ``judged`` is None for a run without a verdict, ``now`` the end of what Prometheus holds.

    Raise UnknownRunError, when Prometheus holds nothing of the run, PrometheusUnavailableError, DashboardError and
    OSError.
    """
    begin = time.monotonic()
    known = run_time(prometheus, run_id, now)
    if known is None:
        raise UnknownRunError(f"Prometheus holds nothing of run {run_id}")
    report = _report(run_id, known, judged, prometheus, begin + time_limit_seconds, folder)
    path = folder / REPORT_FILE
    write_whole(path, report_html(report))
    return path


def _report(
    run_id: str,
    known: RunTime,
    judged: JudgedRun | None,
    prometheus: Prometheus,
    deadline: float,
    folder: Path,
) -> Report:
    asker = Asker(prometheus, known.window, time_limit_seconds=max(0.0, deadline - time.monotonic()))
    boards = read_dashboards()
    crossings = crossings_of(judged.verdict) if judged is not None else ()
    sections = tuple(sections_of(boards, run_id, known.scenario, asker, crossings))
    return Report(
        run_id=run_id,
        scenario=known.scenario,
        judgement=judgement_of(judged) if judged is not None else None,
        sections=sections if judged is None else tuple(map(below_verdict, sections)),
        marks=marks_of(run_id, asker),
        links=(*links_in(folder), *_in_grafana(judged)),
        colophon=_colophon(known, asker, boards),
    )


def sections_of(
    boards: tuple[Dashboard, ...], run_id: str, scenario: str, asker: Asker, crossings: tuple[Crossing, ...] = ()
) -> list[Section]:
    """Return all dashboards, each with its variables filled."""
    phases = frozenset(mark.label for mark in marks_of(run_id, asker) if mark.end is None)
    around = (surroundings(board, run_id, scenario, phases, asker) for board in boards)
    return [
        shown_section(board, replace(each, crossings=crossings), asker)
        for board, each in zip(boards, around, strict=True)
    ]


def surroundings(board: Dashboard, run_id: str, scenario: str, phases: frozenset[str], asker: Asker) -> Surroundings:
    """Return what a dashboard's panels are asked with; without values of Prometheus' own while it does not answer."""
    given = {"run_id": run_id, "scenario": scenario}
    try:
        return Surroundings(jobs_scraped(asker), phases, resolved(board.variables, given, asker))
    except PrometheusUnavailableError:
        return Surroundings(phases=phases, values=given)


def links_in(folder: Path) -> tuple[Link, ...]:
    """Return the files that are there, by addresses relative to the report."""
    return tuple(Link(name, text) for name, text in _FILES if (folder / name).is_file())


def _in_grafana(judged: JudgedRun | None) -> tuple[Link, ...]:
    """Return the run's overview in its own time, where it had a Grafana that stays."""
    address = judged.context.get("grafana_url") if judged is not None else None
    if judged is None or not address:
        return ()
    run = judged.verdict.run
    url = run_overview_url(str(address), run.run_id, run.load_start_seconds, run.end_seconds or time.time())
    return (Link(url, "this run in Grafana"),)


def _colophon(known: RunTime, asker: Asker, boards: tuple[Dashboard, ...]) -> str:
    window = known.window
    return (
        f"{len(boards)} dashboards of grafana/dashboards, drawn from {asker.asked} queries of"
        f" {moment(window.begin)} to {moment(window.end)}; all times are in UTC. Made {moment(time.time())}."
    )
