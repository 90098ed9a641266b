"""Judges every run that is started in the web form of a running Locust master, until it is ended."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.processes.signals import ending_signals_interrupt
from swarmscope.project.places import DEFAULT_RESULTS, DEFAULT_RULES, make_results_folder
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_checks import checked_rules
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError

if TYPE_CHECKING:
    from swarmscope.run.form_runs import FormRuns

app = new_app()
_POLL_SECONDS = 1.0


@app.command(help=__doc__, needs=("swarmscope.run.form_runs",))
def judge_runs(
    locust_url: Annotated[str, typer.Option(help="Web interface of the Locust master.")],
    prometheus_url: Annotated[str, typer.Option(help="The Prometheus that scrapes it.", envvar="PROMETHEUS_URL")],
    results: given.Results = DEFAULT_RESULTS,
    rules: given.Rules = DEFAULT_RULES,
    alive_file: Annotated[
        Path | None, typer.Option(help="Touched whenever the master has answered: for a health check.")
    ] = None,
) -> None:
    from swarmscope.run.form_runs import FormRuns, FormRunSettings  # noqa: PLC0415  # see `needs`

    console = new_console()
    with one_line_errors(), ending_signals_interrupt():
        checked_rules(rules)
        if problem := _not_writable(results):
            console.print(problem, style="red", markup=False, highlight=False, soft_wrap=True)
        runs = FormRuns(LocustApi(locust_url), PrometheusApi(prometheus_url), FormRunSettings(rules, results), console)
        try:
            _follow(runs, console, alive_file)
        except KeyboardInterrupt:
            # What is still under way is judged by the next one, which then replaces this verdict.
            runs.give_up("the judge was stopped before the end of the run")
            console.print("Stopped")


def _follow(runs: FormRuns, console: Console, alive_file: Path | None) -> None:
    said = ""
    while True:
        try:
            runs.poll()
            problem = ""
            if alive_file is not None:
                alive_file.touch()
        except (LocustUnavailableError, CommandError) as error:
            problem = str(error)
        if problem != said:
            console.print(problem or "The Locust master answers again", markup=False, highlight=False, soft_wrap=True)
            said = problem
        time.sleep(_POLL_SECONDS)


def _not_writable(results: Path) -> str:
    """Return why no verdict can be kept there, and what to do, in one line; empty when one can."""
    probe = results / ".writable"
    try:
        make_results_folder(results)
        probe.touch()
        probe.unlink()
    except OSError as error:
        return (
            f"The results folder {results} cannot be written ({error.strerror}): no verdict is kept. Make its owner the"
            " one who runs this (in Docker: RESULTS_OWNER, which make env sets)"
        )
    return ""
