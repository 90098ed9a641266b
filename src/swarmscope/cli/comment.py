"""Comments on the pull request of a CI job with the verdict of a run, or renews its comment of before.

In GitHub Actions it takes GITHUB_TOKEN, in GitLab CI GITLAB_TOKEN. Exit code 0 also where the job is for no pull
request, 2 when the comment could not be made.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RESULTS
from swarmscope.verdict.stored import read_run

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.pull_request",))
def comment(
    results: Annotated[Path, typer.Argument(help="A run's folder, or a folder of runs: the last of these.")] = (
        DEFAULT_RESULTS
    ),
    key: Annotated[
        str | None, typer.Option(help="Runs with the same key share a comment; the scenario otherwise.")
    ] = None,
) -> None:
    from swarmscope import pull_request  # noqa: PLC0415  # see `needs`

    with one_line_errors():
        thread = pull_request.thread_of(os.environ)
        if thread is None:
            said = "This job is for no pull request: no comment"
        else:
            run = read_run(results)
            if run.verdict is None:
                raise CommandError(f"{run.place} has no verdict.json: the run came to no verdict")
            page = run.place / "verdict.md"
            try:
                text = page.read_text(encoding="utf-8")
            except OSError as error:
                raise CommandError(f"{page} cannot be read: {error.strerror}") from error
            said = f"Comment on {thread.title}: {pull_request.comment(thread, key or run.verdict.run.scenario, text)}"
    new_console().print(said, highlight=False, markup=False, soft_wrap=True)
