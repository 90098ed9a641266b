"""What the commands that look at a run again have in common: which run, what it left, and a Prometheus to ask."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from swarmscope.errors import CommandError
from swarmscope.run.run_folders import last_run, require_run_id
from swarmscope.stack.options import StackOptions
from swarmscope.stack.stack import EmbeddedStack

RunId = Annotated[str | None, typer.Option(help="Which run; see the folders in results/.")]
Last = Annotated[bool, typer.Option("--last", help="The run in the results folder that began last.")]
ItsPrometheus = Annotated[
    str | None,
    typer.Option(
        help="The Prometheus that watched it; the embedded one is started otherwise.", envvar="PROMETHEUS_URL"
    ),
]


def chosen_run(run_id: str | None, results: Path, *, last: bool) -> str:
    """The id of the run that is meant; raises CommandError when none is, or two are."""
    if bool(run_id) == last:
        raise CommandError("Say which run is meant: either --run-id ID or --last")
    chosen = require_run_id(run_id) if run_id else last_run(results)
    if not chosen:
        raise CommandError(f"There is no run in {results}: run one first, for example `make smoke`")
    return chosen


def embedded_prometheus(stack: ExitStack, state_dir: Path) -> str:
    """The address of a Prometheus on the stack's own data, up until ``stack`` is left."""
    options = StackOptions(with_api=False, exporter_targets=(), state_dir=state_dir)
    return stack.enter_context(EmbeddedStack(options)).prometheus_url or ""
