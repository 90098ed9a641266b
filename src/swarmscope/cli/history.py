"""Lists the runs in a folder of results, or of CI artefacts, oldest first: exit code 2 where there are none."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RESULTS

if TYPE_CHECKING:
    from swarmscope.report.history.changes import Searched
    from swarmscope.report.history.past_runs import PastRuns

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.report.history.table",))
def history(
    results: Annotated[
        Path, typer.Option(help="Folder with runs in it, at any depth.", show_default="results")
    ] = DEFAULT_RESULTS,
    scenario: Annotated[str | None, typer.Option(help="Only the runs of this scenario.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: see docs/results.md.")] = False,
    changes: Annotated[
        bool, typer.Option("--changes", help="Find the runs from which a scenario shifted; exit code 0 all the same.")
    ] = False,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with the trend.")] = None,
) -> None:
    from swarmscope.report.history import table  # noqa: PLC0415  # see `needs`
    from swarmscope.report.history.changes import changes_in  # noqa: PLC0415
    from swarmscope.report.terminal import STYLES  # noqa: PLC0415

    console = new_console()
    with one_line_errors():
        found = _found(results, scenario)
        searched = changes_in(found.runs) if changes else None
        if html is not None:
            _write(found, results, html, searched or ())
    if as_json:
        sys.stdout.write(table.as_json(found, results, searched))
    else:
        title = f"{len(found.runs)} run{'s' if len(found.runs) != 1 else ''} in {results}, oldest first"
        console.print(table.as_table(found.runs, title, STYLES, console.width))
        console.print(table.verdicts_of(found.runs), highlight=False)
        for line in (line for each in searched or () for line in each.lines):
            console.print(line, markup=False, highlight=False)
    notes = Console(stderr=True)
    for line in found.skipped:
        notes.print(f"Skipped {line}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    if html is not None:
        notes.print(f"History: {html}", markup=False, highlight=False, soft_wrap=True)


def _found(results: Path, scenario: str | None) -> PastRuns:
    """Return the runs; raise CommandError when there are none."""
    from swarmscope.report.history.past_runs import PastRuns, past_runs  # noqa: PLC0415

    if not results.is_dir():
        raise CommandError(f"The folder {results} does not exist: start a run with `swarmscope run`, or give --results")
    found = past_runs(results)
    if not found.runs:
        why = "; ".join(found.skipped[:1]) or "no folder in it has a verdict.json"
        raise CommandError(
            f"No runs in {results}: {why}; start one with `swarmscope run`, or give another folder with --results"
        )
    if scenario is None:
        return found
    runs = tuple(run for run in found.runs if run.scenario == scenario)
    if not runs:
        others = ", ".join(sorted({run.scenario for run in found.runs}))
        raise CommandError(f"No runs of scenario {scenario!r} in {results}: there are runs of {others}")
    return PastRuns(runs, found.skipped)


def _write(found: PastRuns, results: Path, path: Path, searched: Sequence[Searched]) -> None:
    from swarmscope.project.files import write_whole  # noqa: PLC0415
    from swarmscope.report.history.page import history_html  # noqa: PLC0415  # Jinja is for this alone

    try:
        write_whole(path, history_html(found, results, path, searched))
    except OSError as error:
        raise CommandError(f"The page cannot be written to {path}: {error.strerror}") from error
