"""Compares stored runs: exit code 0 same or better, 1 worse, 2 cannot tell or not comparable."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_BASELINES, DEFAULT_RESULTS
from swarmscope.project.syntax import margin_of

if TYPE_CHECKING:
    from swarmscope.compare.comparison import Comparison

app = new_app()
_OF_PAIRS = "comparison.json"  # as `swarmscope.report.comparison.results_folder` writes it
_RUN = "The folder of a run, a folder with runs in it, a run id, `last`, or a baseline"


@app.command(help=__doc__, needs=("swarmscope.run.sides", "swarmscope.compare.judge"))
def compare(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    a: Annotated[str, typer.Argument(metavar="A", help=f"What is compared with. {_RUN}.", show_default=False)],
    b: Annotated[str, typer.Argument(metavar="B", help="What may be worse, named likewise.", show_default=False)],
    margin: Annotated[str, typer.Option(help="A shift that counts as the same.")] = "5%",
    force: Annotated[bool, typer.Option("--force", help="Compare what is not comparable; the result says so.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: see docs/comparison.md.")] = False,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it for a pull request.")] = None,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as test results.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a page with charts.")] = None,
    results: given.Results = DEFAULT_RESULTS,
    baselines: given.Baselines = DEFAULT_BASELINES,
) -> None:
    from swarmscope.report.comparison.json_text import to_json  # noqa: PLC0415  # see `needs`
    from swarmscope.report.comparison.junit import to_junit  # noqa: PLC0415
    from swarmscope.report.comparison.markdown import to_markdown  # noqa: PLC0415
    from swarmscope.report.comparison.terminal import print_comparison  # noqa: PLC0415

    console = new_console()
    with one_line_errors():
        comparison = _compared(a, b, margin_of("--margin", margin), results, baselines, force=force)
        written = {markdown: to_markdown, junit: to_junit, html: _to_html}
        for path, text_of in written.items():
            if path is not None:
                _write(path, comparison, text_of)
    if as_json:
        sys.stdout.write(to_json(comparison))
    else:
        print_comparison(console, comparison)
    raise typer.Exit(comparison.answer.exit_code)


def _compared(a: str, b: str, margin: float, results: Path, baselines: Path, *, force: bool) -> Comparison:
    """Return the comparison; without rows where the sides are not comparable. Raise CommandError."""
    from swarmscope.compare.comparable import obstacles  # noqa: PLC0415
    from swarmscope.compare.comparison import Comparison  # noqa: PLC0415
    from swarmscope.compare.judge import RUN_POLICY, compare_runs  # noqa: PLC0415
    from swarmscope.run.sides import side_of  # noqa: PLC0415

    for each in (a, b):
        _refuse_pairs(each, results)
    side_b = side_of(b, results, baselines)
    side_a = side_of(a, results, baselines, machine=side_b.runs[0].conditions.machine)
    policy, found = replace(RUN_POLICY, margin=margin), obstacles(side_a, side_b)
    if found and not force:
        return Comparison(side_a, side_b, "run", policy, obstacles=found)
    return replace(compare_runs(side_a, side_b, policy), obstacles=found, forced=bool(found))


def _refuse_pairs(text: str, results: Path) -> None:
    """Raise CommandError for the folder of an A/B run: its blocks are not runs, and it has its comparison."""
    for folder in (Path(text), results / text):
        if (folder / _OF_PAIRS).is_file():
            raise CommandError(
                f"{text} is an A/B run, which is compared already: see {folder / _OF_PAIRS}, or comparison.html beside"
                " it; expected runs of `swarmscope run`"
            )


def _to_html(comparison: Comparison) -> str:
    from swarmscope.report.comparison.page import to_html  # noqa: PLC0415  # Jinja is for this alone

    return to_html(comparison)


def _write(path: Path, comparison: Comparison, text_of: Callable[[Comparison], str]) -> None:
    from swarmscope.project.files import write_whole  # noqa: PLC0415

    try:
        write_whole(path, text_of(comparison))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    Console(stderr=True).print(f"Comparison: {path}", markup=False, highlight=False, soft_wrap=True)
