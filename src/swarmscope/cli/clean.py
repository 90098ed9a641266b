"""Removes the embedded stack's data, logs and configuration; with --keep old runs instead, and nothing else."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RESULTS, STATE_DIR
from swarmscope.project.syntax import age_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from swarmscope.run.old_runs import OldRun

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.stack.clean",))
def clean(
    keep: Annotated[
        str | None, typer.Option(metavar="AGE", help="Remove the runs that began longer ago: 12h, 30d, 4w.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --keep: list the runs, and remove nothing.")] = False,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
) -> None:
    from swarmscope.stack.clean import remove_state  # noqa: PLC0415  # see `needs`
    from swarmscope.stack.stack import print_line  # noqa: PLC0415

    with one_line_errors():
        if keep is not None:
            _clean_runs(results, age_of(keep), keep, dry_run=dry_run)
        elif dry_run:
            raise CommandError("--dry-run is for old runs: say which to keep, such as --keep 30d")
        else:
            remove_state(state_dir.absolute(), print_line)


def _clean_runs(results: Path, age_seconds: float, said: str, *, dry_run: bool) -> None:
    """Remove old runs and say how many; raise CommandError when one cannot be removed."""
    from swarmscope.run.old_runs import old_runs, remove  # noqa: PLC0415

    console = new_console()
    try:
        found = old_runs(results, time.time() - age_seconds)
    except OSError as error:
        raise CommandError(f"The results folder {results} cannot be read: {error.strerror}") from error
    if dry_run:
        for run in found:
            when = datetime.fromtimestamp(run.began_seconds, UTC).strftime("%Y-%m-%d %H:%M")
            console.print(f"{run.folder.name}  {when} UTC  {_megabytes([run])}", markup=False, highlight=False)
    problems = () if dry_run else remove(found)
    does = "Would remove" if dry_run else "Removed"
    gone = [run for run in found if dry_run or not run.folder.exists()]
    runs = f"{len(gone)} run{'s' if len(gone) != 1 else ''}"
    console.print(f"{does} {runs}, {_megabytes(gone)}, that began over {said} ago in {results}", highlight=False)
    if problems:
        raise CommandError("; ".join(problems))


def _megabytes(runs: Sequence[OldRun]) -> str:
    return f"{sum(run.size_bytes for run in runs) / 1e6:.1f} MB"
