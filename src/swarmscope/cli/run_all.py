"""Runs one scenario, or all but the long ones, and sums up: exit code 1 one failed, else 2 one not judged, else 0."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.processes.signals import Interruptions
from swarmscope.project.places import DEFAULT_RESULTS, DEFAULT_RULES, STATE_DIR, make_results_folder
from swarmscope.project.settings import project
from swarmscope.project.syntax import seconds_of
from swarmscope.report.run_table import RunLine, as_json, as_markdown, as_table, exit_code_of
from swarmscope.report.terminal import STYLES, print_verdict
from swarmscope.run.follow import INTERRUPTED
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked
from swarmscope.verdict.verdict import Verdict

LONG_GROUP = "long"
_STOPPED = "stopped by Ctrl-C before it began"

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.run.session",))
def run_load_tests(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    scenario: Annotated[str | None, typer.Option(help="Only this scenario.")] = None,
    include_soak: Annotated[
        bool, typer.Option("--include-soak", help="Also the long ones, which are of the group long.")
    ] = False,
    host: given.Host = None,
    run_time: given.RunTime = None,
    workers: given.Workers = None,
    docker: given.Docker = False,
    rules: given.Rules = DEFAULT_RULES,
    thresholds: given.Thresholds = None,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    prometheus_url: given.PrometheusUrl = None,
    headless: given.Headless = False,
    _help_all: given.HelpAll = False,
) -> None:
    console = new_console(force_terminal=False if headless else None)
    interruptions = Interruptions()
    with interruptions.held(), one_line_errors():
        with interruptions.let_through():
            options = RunOptions(
                scenario="",
                host=host,
                run_time_seconds=seconds_of(run_time) if run_time is not None else None,
                workers=workers,
                rules=rules,
                thresholds=thresholds,
                results=results,
                state_dir=state_dir,
                prometheus_url=prometheus_url,
            )
            wanted = [checked(replace(options, scenario=name)) for name in _names(scenario, include_soak=include_soak)]
            if docker:
                from swarmscope.run.docker import on_docker  # noqa: PLC0415

                place = on_docker(wanted[0])
                wanted = [replace(place, scenario=one.scenario) for one in wanted]
        lines = tuple(_run_all(wanted, console, interruptions))
        console.print(as_table(lines, STYLES))
        console.print(f"Summary: {_write(lines, results)}", soft_wrap=True, highlight=False)
    raise typer.Exit(exit_code_of(lines))


def _names(scenario: str | None, *, include_soak: bool) -> list[str]:
    """Return the scenarios to run; raise CommandError when there are none."""
    if scenario is not None:
        return [scenario]
    catalogue = project().catalogue
    runs = [(name, one) for name, one in catalogue.by_name.items() if one.search is None]
    names = [name for name, one in runs if include_soak or LONG_GROUP not in one.groups]
    if not catalogue:
        raise CommandError("swarmscope.toml has no scenarios to run: add [scenarios.NAME], or use `swarmscope run`")
    if not names:
        raise CommandError("All scenarios of swarmscope.toml are of the group long: give --include-soak to run them")
    return names


def _run_all(wanted: Sequence[RunOptions], console: Console, interruptions: Interruptions) -> Iterator[RunLine]:
    """Yield the line of each run; after Ctrl-C no other is begun."""
    stopped = False
    for number, options in enumerate(wanted, 1):
        if stopped:
            yield RunLine.not_run(options.scenario, _STOPPED)
            continue
        console.rule(f"{options.scenario} ({number} of {len(wanted)})")
        try:
            verdict = _run(options, console, interruptions)
        except CommandError as error:
            console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
            yield RunLine.not_run(options.scenario, str(error))
        except KeyboardInterrupt:
            stopped = True
            yield RunLine.not_run(options.scenario, _STOPPED)
        else:
            stopped = interruptions.count > 0 or verdict.run.interrupted.startswith(INTERRUPTED)
            yield RunLine.of(verdict)


def _run(options: RunOptions, console: Console, interruptions: Interruptions) -> Verdict:
    from swarmscope.run.session import Session  # noqa: PLC0415  # see `needs`

    session = Session(options, console, interruptions)
    verdict = session.run()
    print_verdict(console, verdict, session.folder)
    return verdict


def _write(lines: Sequence[RunLine], results: Path) -> Path:
    """Write both files; return the one for people. Raise CommandError when the folder cannot be written."""
    path = results / f"summary-{datetime.now(UTC):%Y%m%d-%H%M%S}.md"
    try:
        make_results_folder(results)
        path.write_text(as_markdown(lines), encoding="utf-8")
        path.with_suffix(".json").write_text(as_json(lines), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The summary cannot be written to {results}: {error.strerror}") from error
    return path
