"""Finds how much load a target carries: exit code 0 found or met, 1 below --at-least, 2 cannot tell."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from swarmscope.cli import options as given
from swarmscope.cli.app import PassingCommand, new_app, one_line_errors, passed_on
from swarmscope.errors import ExitCode
from swarmscope.output import new_console
from swarmscope.processes.ports import LOOPBACK
from swarmscope.processes.signals import Interruptions
from swarmscope.project.places import DEFAULT_RESULTS, DEFAULT_RULES, STATE_DIR
from swarmscope.project.syntax import names_of, paths_of
from swarmscope.run.capacity.given import PRECISION, RAMP, RECOVERY, STEP, TRIES, asked_for
from swarmscope.run.capacity.options import CapacityOptions
from swarmscope.run.details import labels_of
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.run.capacity.session",), cls=PassingCommand)
def capacity(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    context: typer.Context,
    scenario: Annotated[
        str,
        typer.Argument(
            help="Scenario of swarmscope.toml, or a name of your own with --locustfile.", show_default="the first one"
        ),
    ] = "",
    lowest: Annotated[
        str | None,
        typer.Option("--from", help="Begins with; a quarter of the scenario's, or 50/s.", show_default=False),
    ] = None,
    highest: Annotated[str | None, typer.Option("--to", help="The highest load.", show_default="10000/s")] = None,
    at_least: Annotated[str | None, typer.Option(help="The capacity needed: exit code 1 below it.")] = None,
    by: Annotated[str | None, typer.Option(help="What is raised: rate or users.", show_default="rate")] = None,
    step: Annotated[str, typer.Option(help="How long a step lasts.")] = STEP,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would be done, and for how long.")] = False,
    host: given.Host = None,
    workers: given.Workers = None,
    locustfile: given.Locustfile = None,
    user_classes: given.UserClasses = None,
    tags: given.Tags = None,
    exclude_tags: given.ExcludeTags = None,
    ca_bundle: given.CaBundle = None,
    environment: given.Environment = None,
    label: given.Labels = None,
    users: Annotated[int | None, given.rare(help="How many wait for arrivals at least.")] = None,
    think_time_scale: Annotated[float | None, given.rare(help="Multiplies every think time.")] = None,
    ramp: Annotated[str, given.rare(help="How long the users of a step take to start.")] = RAMP,
    recovery: Annotated[str, given.rare(help="How long the target may take after a step that broke.")] = RECOVERY,
    precision: Annotated[str, given.rare(help="How close both ends of the answer are to be.")] = PRECISION,
    tries: Annotated[int, given.rare(help="How often each end of the answer is tried.")] = TRIES,
    rules: given.Rules = DEFAULT_RULES,
    thresholds: given.Thresholds = None,
    confidence: given.Confidence = None,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    prometheus_url: given.PrometheusUrl = None,
    exporter_port: given.ExporterPort = None,
    exporter_host: given.ExporterHost = LOOPBACK,
    api_metrics: Annotated[str | None, given.rare(help="host:port of your own API's /metrics.")] = None,
    stop_timeout: Annotated[int, given.rare(help="Seconds for requests in flight to finish after a step.")] = 5,
    headless: given.Headless = False,
    verbose: given.Verbose = False,
    _help_all: given.HelpAll = False,
) -> None:
    from swarmscope.run.capacity.plan import schedule  # noqa: PLC0415  # see `needs`

    console = new_console(force_terminal=False if headless else None, soft_wrap=False)
    interruptions = Interruptions()
    with interruptions.held():
        with one_line_errors("Interrupted before the load began: nothing was measured"):
            with interruptions.let_through():
                run = checked(
                    RunOptions(
                        scenario=scenario,
                        users=users,
                        host=host,
                        workers=workers,
                        locustfiles=paths_of(locustfile),
                        locust_arguments=passed_on(context),
                        user_classes=names_of(user_classes),
                        tags=names_of(tags),
                        exclude_tags=names_of(exclude_tags),
                        ca_bundle=ca_bundle,
                        environment=environment,
                        labels=labels_of(label or ()),
                        think_time_scale=think_time_scale,
                        rules=rules,
                        thresholds=thresholds,
                        confidence=confidence,
                        results=results,
                        state_dir=state_dir,
                        prometheus_url=prometheus_url,
                        exporter_port=exporter_port,
                        exporter_host=exporter_host,
                        api_metrics_target=api_metrics,
                        stop_timeout_seconds=stop_timeout,
                        verbose=verbose,
                    )
                )
                options = asked_for(
                    run,
                    by=by,
                    lowest=lowest,
                    highest=highest,
                    at_least=at_least,
                    step=step,
                    ramp=ramp,
                    recovery=recovery,
                    precision=precision,
                    tries=tries,
                )
            if plan:
                for line in schedule(options.plan, options.limits, options.by):
                    console.print(line, markup=False, highlight=False)
                raise typer.Exit
            code = searched(options, console, interruptions)
        raise typer.Exit(code)


def searched(options: CapacityOptions, console: Console, interruptions: Interruptions) -> ExitCode:
    """Search, show the answer and leave it in the results; return the exit code. Raise CommandError."""
    from swarmscope.report.capacity.results_folder import write_results  # noqa: PLC0415  # see `needs`
    from swarmscope.report.capacity.terminal import print_capacity  # noqa: PLC0415
    from swarmscope.run.capacity.session import CapacitySession  # noqa: PLC0415

    session = CapacitySession(options, console, interruptions)
    found = session.run()
    print_capacity(console, found)
    write_results(session.folder, found)
    console.print(f"Results: {session.folder}", markup=False, highlight=False, soft_wrap=True)
    return found.outcome.exit_code
