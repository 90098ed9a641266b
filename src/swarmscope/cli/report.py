"""Makes report.html of a run again, from Prometheus or from the evidence it left: exit code 0 made, 2 not."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RESULTS, STATE_DIR
from swarmscope.run.run_source import ChosenRun, RunSource, source_of
from swarmscope.stack.stack import print_line
from swarmscope.verdict.integrity import doubted
from swarmscope.verdict.stored import stored_verdict
from swarmscope.verdict.verdict import JudgedRun

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.report.html.build",))
def report(
    run_id: given.RunId = None,
    last: given.Last = False,
    from_folder: given.FromFolder = None,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    prometheus_url: given.ItsPrometheus = None,
    time_limit: Annotated[float, typer.Option(help="Seconds after which what was not asked yet is left out.")] = 120.0,
) -> None:
    with one_line_errors(), ExitStack() as stack:
        chosen = ChosenRun(run_id, last, from_folder, results)
        source = source_of(stack, chosen, prometheus_url, state_dir)
        path = _written(source, time_limit)
    new_console().print(f"Report: {path}", highlight=False, markup=False, soft_wrap=True)


def _written(source: RunSource, time_limit_seconds: float) -> Path:
    """Write the report; raise CommandError when that cannot be done."""
    from swarmscope.report.html.build import UnknownRunError, write_report  # noqa: PLC0415  # see `needs`
    from swarmscope.report.html.fields import DashboardError  # noqa: PLC0415

    folder, ends_seconds = source.folder, source.end_seconds
    if source.prometheus is None:
        raise CommandError(f"The evidence in {folder} cannot be used: {'; '.join(source.problems)}")
    for problem in source.problems:
        print_line(f"Warning: {problem}")
    now = time.time if ends_seconds is None else lambda: ends_seconds
    try:
        return write_report(folder, source.prometheus, source.run_id, _judged(source), time_limit_seconds, now)
    except UnknownRunError as error:
        raise CommandError(f"{error} any more: a report that is in {folder} stays as it is") from error
    except DashboardError as error:
        raise CommandError(str(error)) from error
    except OSError as error:
        raise CommandError(f"The report cannot be written to {folder}: {error.strerror}") from error


def _judged(source: RunSource) -> JudgedRun | None:
    judged = stored_verdict(source.folder)
    return judged and replace(judged, verdict=doubted(judged.verdict, source.problems))
