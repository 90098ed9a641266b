"""Compares two targets under the same load in turn: exit code 0 same or better, 1 worse, 2 cannot tell."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import PassingCommand, new_app, one_line_errors, passed_on
from swarmscope.output import new_console
from swarmscope.processes.signals import Interruptions
from swarmscope.project.places import DEFAULT_RESULTS, DEFAULT_RULES, STATE_DIR
from swarmscope.project.syntax import margin_of, names_of, paths_of, rate_of, seconds_of
from swarmscope.run.details import labels_of
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked

app = new_app()
_DEFAULT_PAIRS, _DEFAULT_BLOCK = 24, "30s"


@app.command(help=__doc__, needs=("swarmscope.run.ab.session",), cls=PassingCommand)
def ab(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    context: typer.Context,
    scenario: Annotated[
        str,
        typer.Argument(
            help="Scenario of swarmscope.toml, or a name of your own with --locustfile.", show_default="the first one"
        ),
    ] = "",
    host_a: Annotated[str | None, typer.Option(help="URL of A, what is compared with.")] = None,
    host_b: Annotated[str | None, typer.Option(help="URL of B, what may be worse.")] = None,
    a: Annotated[str | None, typer.Option("--a", help="Command that starts A, on {port}.")] = None,
    b: Annotated[str | None, typer.Option("--b", help="Command that starts B, on {port}.")] = None,
    metrics_a: Annotated[str | None, given.rare(help="host:port of the /metrics of A.")] = None,
    metrics_b: Annotated[str | None, given.rare(help="host:port of the /metrics of B.")] = None,
    pairs: Annotated[int, typer.Option(help="How many blocks of each.")] = _DEFAULT_PAIRS,
    block: Annotated[str, typer.Option(help="What is compared of each block.")] = _DEFAULT_BLOCK,
    margin: Annotated[str, typer.Option(help="A shift that counts as the same.")] = "5%",
    users: given.Users = None,
    rate: given.Rate = None,
    workers: given.Workers = None,
    locustfile: given.Locustfile = None,
    user_classes: given.UserClasses = None,
    tags: given.Tags = None,
    exclude_tags: given.ExcludeTags = None,
    ca_bundle: given.CaBundle = None,
    environment: given.Environment = None,
    label: given.Labels = None,
    think_time_scale: Annotated[float | None, given.rare(help="Multiplies every think time.")] = None,
    ramp: Annotated[str, given.rare(help="How long the users of a block take to start.")] = "2s",
    warm_up: Annotated[str, given.rare(help="What is left out at the beginning of each block.")] = "3s",
    rules: given.Rules = DEFAULT_RULES,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    exporter_port: given.ExporterPort = None,
    stop_timeout: Annotated[int, given.rare(help="Seconds for requests in flight to finish after a block.")] = 5,
    headless: Annotated[bool, typer.Option("--headless", help="No live display.")] = False,
    verbose: Annotated[bool, given.rare("--verbose", help="Say more: timings.")] = False,
    _help_all: given.HelpAll = False,
) -> None:
    from swarmscope.compare.judge import MIN_PAIRS, PAIR_POLICY  # noqa: PLC0415  # see `needs`
    from swarmscope.report.comparison.results_folder import write_results  # noqa: PLC0415
    from swarmscope.report.comparison.terminal import print_comparison  # noqa: PLC0415
    from swarmscope.run.ab.options import AbOptions  # noqa: PLC0415
    from swarmscope.run.ab.plan import Plan, require_plan  # noqa: PLC0415
    from swarmscope.run.ab.session import AbSession  # noqa: PLC0415
    from swarmscope.run.ab.targets import require_two, target_of  # noqa: PLC0415

    console = new_console(force_terminal=False if headless else None, soft_wrap=False)
    interruptions = Interruptions()
    with interruptions.held():
        with one_line_errors("Interrupted before the load began: nothing was compared"):
            with interruptions.let_through():
                plan = require_plan(Plan(pairs, seconds_of(block), seconds_of(ramp), seconds_of(warm_up)), MIN_PAIRS)
                side_a, side_b = target_of("A", host_a, a, metrics_a), target_of("B", host_b, b, metrics_b)
                require_two(side_a, side_b)
                run = checked(
                    RunOptions(
                        scenario=scenario,
                        users=users,
                        run_time_seconds=plan.load_seconds,
                        rate=rate_of(rate) if rate is not None else None,
                        host=side_a.host or None,
                        host_is_from="--host-a",
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
                        results=results,
                        state_dir=state_dir,
                        exporter_port=exporter_port,
                        stop_timeout_seconds=stop_timeout,
                        verbose=verbose,
                    )
                )
                options = AbOptions(
                    run, side_a, side_b, plan, replace(PAIR_POLICY, margin=margin_of("--margin", margin))
                )
            session = AbSession(options, console, interruptions)
            comparison = session.run()
            print_comparison(console, comparison)
            write_results(session.folder, comparison, session.measured.blocks)
            console.print(f"Results: {session.folder}", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(comparison.answer.exit_code)
