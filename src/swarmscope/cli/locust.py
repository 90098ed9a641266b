"""Starts Locust itself, observed: for a master and workers that you start by hand, on several machines.

All options are Locust's: `swarmscope locust -f locustfile.py --worker --master-host HOST`. Without -f it loads the
locustfile of swarmscope.toml, or ./locustfile.py.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from swarmscope.cli.app import new_app
from swarmscope.errors import CommandError
from swarmscope.project.places import PROJECT, PROJECT_VARIABLE
from swarmscope.project.settings import project
from swarmscope.run.locust_processes import LOCUST, with_plugin

app = new_app()


@app.command(
    help=__doc__,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def locust(
    context: typer.Context,
    locustfile: Annotated[
        str | None,
        typer.Option(
            "--locustfile", "-f", help="As Locust's: a file, several with commas, a folder, or - on a worker."
        ),
    ] = None,
) -> None:
    files = locustfile or os.environ.get("LOCUST_LOCUSTFILE") or str(project().locustfile)
    environment = {**os.environ, PROJECT_VARIABLE: str(PROJECT)}
    command = [*LOCUST, "-f", with_plugin(files), *context.args]
    try:
        os.execve(command[0], command, environment)  # noqa: S606  # this process becomes Locust: signals, exit code
    except OSError as error:
        raise CommandError(f"Locust cannot be started: {error.strerror}") from error
