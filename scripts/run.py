"""Runs a scenario and judges it: exit code 0 pass, 1 fail, 2 could not run or could not judge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from scripts.errors import CommandError
from scripts.reporting.on_terminal import print_verdict
from scripts.running.options import DEFAULT_LOCUSTFILE, DEFAULT_RESULTS, DEFAULT_RULES, RunOptions, default_workers
from scripts.running.parameters import existing_file, positive, scenario_name, seconds_of
from scripts.running.session import Session
from scripts.stack.errors import StackError
from scripts.stack.paths import STATE_DIR

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def run(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    scenario: Annotated[str, typer.Argument(help="Name of the scenario: smoke, baseline, stress, spike …")],
    users: Annotated[int | None, typer.Option(help="Peak number of virtual users.")] = None,
    spawn_rate: Annotated[float | None, typer.Option(help="Users started per second.")] = None,
    run_time: Annotated[
        str | None, typer.Option(help="Length of the run: 90, 30s, 5m, 1h30m. Stages scale along.")
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="URL of your own API; the reference API is started otherwise.")
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Locust worker processes; 0 runs everything in one.")
    ] = default_workers(),
    locustfile: Annotated[Path, typer.Option(help="Your own locustfile.")] = DEFAULT_LOCUSTFILE,
    rules: Annotated[Path, typer.Option(help="Folder of rule files: thresholds and alerts.")] = DEFAULT_RULES,
    results: Annotated[Path, typer.Option(help="Folder for the results of runs.")] = DEFAULT_RESULTS,
    state_dir: Annotated[Path, typer.Option(help="Folder for the embedded stack's data.")] = STATE_DIR,
    prometheus_url: Annotated[
        str | None, typer.Option(help="A Prometheus that runs already.", envvar="PROMETHEUS_URL")
    ] = None,
    api_metrics: Annotated[str | None, typer.Option(help="host:port of your own API's /metrics.")] = None,
    tags: Annotated[str | None, typer.Option(help="Run only tasks with one of these tags, comma separated.")] = None,
    exclude_tags: Annotated[str | None, typer.Option(help="Leave out tasks with one of these tags.")] = None,
    think_time_scale: Annotated[float | None, typer.Option(help="Multiplies every think time.")] = None,
    stop_timeout: Annotated[int, typer.Option(help="Seconds for requests in flight to finish at the stop.")] = 10,
    abort_on_breach: Annotated[
        bool, typer.Option("--abort-on-breach", help="Stop when a critical alert fires.")
    ] = False,
    headless: Annotated[bool, typer.Option("--headless", help="No live display: a line every 10 s.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more: timings, all evidence.")] = False,
) -> None:
    console = Console(force_terminal=False if headless else None, soft_wrap=False)
    try:
        for name, value in (("--users", users), ("--spawn-rate", spawn_rate), ("--think-time-scale", think_time_scale)):
            positive(name, value)
        options = RunOptions(
            scenario=scenario_name(scenario, existing_file(locustfile)),
            users=users,
            spawn_rate=spawn_rate,
            run_time_seconds=seconds_of(run_time) if run_time else None,
            host=host,
            workers=workers,
            locustfile=locustfile,
            rules=rules,
            results=results,
            state_dir=state_dir,
            prometheus_url=prometheus_url,
            api_metrics_target=api_metrics,
            stop_timeout_seconds=stop_timeout,
            abort_on_breach=abort_on_breach,
            locust_arguments=_locust_arguments(tags, exclude_tags, think_time_scale),
            verbose=verbose,
        )
        session = Session(options, console)
        verdict = session.run()
    except (CommandError, StackError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        Console(stderr=True).print("Interrupted before the load began: nothing was judged", style="red")
        raise typer.Exit(2) from None
    print_verdict(console, verdict, session.folder, verbose=verbose)
    raise typer.Exit(verdict.outcome.exit_code)


def _locust_arguments(tags: str | None, exclude_tags: str | None, think_time_scale: float | None) -> tuple[str, ...]:
    arguments: list[str] = []
    for option, value in (("--tags", tags), ("--exclude-tags", exclude_tags)):
        if value:
            arguments += [option, *value.split(",")]
    if think_time_scale is not None:
        arguments += ["--think-time-scale", f"{think_time_scale:g}"]
    return tuple(arguments)


if __name__ == "__main__":
    app()
