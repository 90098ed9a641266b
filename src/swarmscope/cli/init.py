"""Writes a first swarmscope.toml into the current folder, and a locustfile where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.network import require_url
from swarmscope.output import new_console
from swarmscope.starter.texts import FIRST_SCENARIO, PLACEHOLDER_HOST
from swarmscope.starter.write import Started, Wanted, write_first_files

_SHOWN = 5  # names in a line

app = new_app()


@app.command(help=__doc__)
def init(
    host: Annotated[str | None, typer.Option(help="URL of the API to test.")] = None,
    locustfile: Annotated[
        Path | None, typer.Option(help="Your locustfile, or the file to write. Default: the one found here.")
    ] = None,
    openapi: Annotated[
        Path | None, typer.Option(help="OpenAPI document, JSON or YAML: a locustfile with a task for each operation.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that exist.")] = False,
) -> None:
    console = new_console(highlight=False, soft_wrap=True)
    with one_line_errors():
        require_url("--host", host)
        started = write_first_files(Wanted(Path.cwd(), host, locustfile, openapi, force))
        for line in _told(started):
            console.print(line, markup=False)


def _told(started: Started) -> Iterator[str]:
    for path in started.written:
        yield f"Wrote {path}{_what(started) if path == started.locustfile else ''}"
    if started.locustfile not in started.written:
        yield f"Found {started.locustfile}: named in swarmscope.toml, and left as it is"
    if started.others:
        others = _names([str(path) for path in started.others])
        yield f"Also found {others}: `locustfile` in swarmscope.toml says which is run"
    yield from _left_to_do(started)
    yield f"Next: swarmscope run {FIRST_SCENARIO}" if started.kept is None else "Next: swarmscope run SCENARIO"


def _what(started: Started) -> str:
    made = started.generated
    if made is None:
        return ": one user with one task on /"
    left_out = f", {made.deletes} of them DELETE, which the users leave out (weight 0)" if made.deletes else ""
    return f": {made.tasks} {'task' if made.tasks == 1 else 'tasks'}{left_out}"


def _left_to_do(started: Started) -> Iterator[str]:
    made = started.generated
    if started.kept is not None:
        yield (
            f'Kept {started.kept}: its `locustfile` has to be "{started.locustfile.as_posix()}", and its host your API'
        )
    elif started.host is None:
        named = f" (the document names {made.server})" if made is not None and made.server is not None else ""
        yield f"Change host in swarmscope.toml to your API{named}, or give --host: {PLACEHOLDER_HOST} is a placeholder"
    if made is not None and made.variables:
        yield f"Set {_names(made.variables)} in the environment: the keys of the API"
    if made is not None and made.made_up:
        yield f'Give values that your API has where {started.locustfile} says "made up": {_names(made.made_up)}'


def _names(names: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
