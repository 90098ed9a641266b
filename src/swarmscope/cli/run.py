"""Runs a scenario and judges it: exit code 0 pass, 1 fail, 2 could not run or could not judge."""

from __future__ import annotations

from typing import Annotated

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import PassingCommand, new_app, one_line_errors, passed_on
from swarmscope.cli.capacity import searched
from swarmscope.output import new_console
from swarmscope.processes.ports import LOOPBACK
from swarmscope.processes.signals import Interruptions
from swarmscope.project.places import DEFAULT_BASELINES, DEFAULT_RESULTS, DEFAULT_RULES, STATE_DIR
from swarmscope.project.syntax import margin_of, names_of, paths_of, rate_of, seconds_of
from swarmscope.run.capacity.given import searched_by_run, searches
from swarmscope.run.details import labels_of
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked
from swarmscope.run.until_sure import until_sure_of

app = new_app()


@app.command(help=__doc__, needs=("swarmscope.run.session",), cls=PassingCommand)
def run(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    context: typer.Context,
    scenario: Annotated[
        str,
        typer.Argument(
            help="Scenario of swarmscope.toml, or a name of your own with --locustfile.", show_default="the first one"
        ),
    ] = "",
    users: given.Users = None,
    spawn_rate: given.SpawnRate = None,
    run_time: given.RunTime = None,
    until_sure: given.UntilSure = None,
    rate: given.Rate = None,
    host: given.Host = None,
    workers: given.Workers = None,
    locustfile: given.Locustfile = None,
    user_classes: given.UserClasses = None,
    tags: given.Tags = None,
    exclude_tags: given.ExcludeTags = None,
    ca_bundle: given.CaBundle = None,
    environment: given.Environment = None,
    label: given.Labels = None,
    think_time_scale: Annotated[float | None, given.rare(help="Multiplies every think time.")] = None,
    rules: given.Rules = DEFAULT_RULES,
    thresholds: given.Thresholds = None,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    prometheus_url: given.PrometheusUrl = None,
    exporter_port: given.ExporterPort = None,
    exporter_host: given.ExporterHost = LOOPBACK,
    locust_url: given.LocustUrl = None,
    docker: given.Docker = False,
    api_metrics: Annotated[str | None, given.rare(help="host:port of your own API's /metrics.")] = None,
    stop_timeout: Annotated[int, given.rare(help="Seconds for requests in flight to finish at the stop.")] = 10,
    abort_on_breach: Annotated[bool, given.rare("--abort-on-breach", help="Stop when a critical alert fires.")] = False,
    confidence: given.Confidence = None,
    baseline: given.Baseline = None,
    max_regression: given.MaxRegression = "5%",
    baselines: given.RareBaselines = DEFAULT_BASELINES,
    min_samples: given.MinSamples = 1,
    otel: given.Otel = None,
    live: Annotated[
        bool | None,
        given.rare("--live/--no-live", help="Serve the report during the run; default when no Grafana is available."),
    ] = None,
    keep: Annotated[
        bool, given.rare("--keep", help="Afterwards leave Prometheus and Grafana up, to look, until Ctrl-C.")
    ] = False,
    headless: given.Headless = False,
    verbose: given.Verbose = False,
    _help_all: given.HelpAll = False,
) -> None:
    from swarmscope.report.terminal import print_verdict  # noqa: PLC0415  # see `needs`
    from swarmscope.run.docker import on_docker  # noqa: PLC0415
    from swarmscope.run.session import Session  # noqa: PLC0415

    console = new_console(force_terminal=False if headless else None, soft_wrap=False)
    interruptions = Interruptions()
    with interruptions.held():
        with one_line_errors("Interrupted before the load began: nothing was judged"):
            with interruptions.let_through():
                options = checked(
                    RunOptions(
                        scenario=scenario,
                        users=users,
                        spawn_rate=spawn_rate,
                        run_time_seconds=seconds_of(run_time) if run_time is not None else None,
                        until_sure=until_sure_of(until_sure) if until_sure is not None else None,
                        rate=rate_of(rate) if rate is not None else None,
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
                        results=results,
                        state_dir=state_dir,
                        prometheus_url=prometheus_url,
                        exporter_port=exporter_port,
                        exporter_host=exporter_host,
                        locust_url=locust_url,
                        api_metrics_target=api_metrics,
                        stop_timeout_seconds=stop_timeout,
                        abort_on_breach=abort_on_breach,
                        keep=keep,
                        confidence=confidence,
                        baseline=baseline,
                        baselines=baselines,
                        max_regression=margin_of("--max-regression", max_regression),
                        min_samples=min_samples,
                        otel_endpoint=otel,
                        live=live,
                        verbose=verbose,
                    )
                )
                options = on_docker(options) if docker else options
                search = searched_by_run(options) if searches(options) else None
            if search is not None:
                raise typer.Exit(searched(search, console, interruptions))
            session = Session(
                options,
                console,
                interruptions,
                judged=lambda verdict: print_verdict(console, verdict, session.folder, verbose=verbose),
            )
            verdict = session.run()
        raise typer.Exit(verdict.outcome.exit_code)
