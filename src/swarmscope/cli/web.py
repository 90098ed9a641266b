"""Brings up the stack and Locust's web interface: choose a scenario there and start it; its verdict is printed here."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from swarmscope.cli import options as given
from swarmscope.cli.app import PassingCommand, new_app, one_line_errors, passed_on
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.processes.ports import LOOPBACK
from swarmscope.project.env_file import settings
from swarmscope.project.places import DEFAULT_RESULTS, DEFAULT_RULES, STATE_DIR
from swarmscope.project.syntax import paths_of, seconds_of
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_checks import checked_rules
from swarmscope.prometheus.rule_sets import lay_out
from swarmscope.prometheus.thresholds import thresholds_of
from swarmscope.run.details import details_of
from swarmscope.run.environment import locust_variables
from swarmscope.run.grafana_annotations import notes_in
from swarmscope.run.inspect_locustfile import require_usable
from swarmscope.run.locust_api import LocustApi, LocustUnavailableError
from swarmscope.run.locust_processes import LocustPorts, RunningLocust, locust_processes, pick_ports
from swarmscope.run.options import RunOptions
from swarmscope.run.parameters import checked
from swarmscope.run.preflight import wait_until_target_read
from swarmscope.run.targets import (
    api_metrics,
    bundle_variables,
    counts_at_target,
    unread_metrics,
    unverified_certificates,
)
from swarmscope.stack.options import RunningStack, StackOptions
from swarmscope.stack.stack import EmbeddedStack
from swarmscope_exporter.addresses import masked
from swarmscope_exporter.run_details import to_text

if TYPE_CHECKING:
    from swarmscope.run.form_runs import FormRuns

app = new_app()
_POLL_SECONDS = 1.0


@app.command(help=__doc__, needs=("swarmscope.run.form_runs",), cls=PassingCommand)
def web(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    context: typer.Context,
    scenario: Annotated[
        str | None, typer.Option(help="Scenario that the form offers first; the first of swarmscope.toml.")
    ] = None,
    users: given.Users = None,
    spawn_rate: given.SpawnRate = None,
    run_time: given.RunTime = None,
    host: given.Host = None,
    workers: given.Workers = None,
    locustfile: given.Locustfile = None,
    rules: given.Rules = DEFAULT_RULES,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    exporter_port: given.ExporterPort = None,
    _help_all: given.HelpAll = False,
) -> None:
    console = new_console()
    with one_line_errors("Stopped before everything was up"):
        options = checked(
            RunOptions(
                scenario=scenario or "",
                users=users,
                spawn_rate=spawn_rate,
                run_time_seconds=seconds_of(run_time) if run_time is not None else None,
                host=host,
                workers=workers,
                locustfiles=paths_of(locustfile),
                locust_arguments=passed_on(context),
                driven_by="web",
                rules=rules,
                results=results,
                state_dir=state_dir,
                exporter_port=exporter_port,
            )
        )
        thresholds_of(checked_rules(rules))
        options = require_usable(options, console.print)
        try:
            _serve(replace(options, rules=_own_rules(options)), console)
        except KeyboardInterrupt:
            console.print("Stopped")


def _own_rules(options: RunOptions) -> Path:
    """Return a copy, which Prometheus reads once: a rule edited later makes no run inconclusive."""
    folder = options.state_dir / "web-rules"
    try:
        shutil.rmtree(folder, ignore_errors=True)
        return lay_out(options.rules, None, folder)
    except OSError as error:
        raise CommandError(f"The rules cannot be copied to {folder}: {error}") from error


def _serve(options: RunOptions, console: Console) -> None:
    from swarmscope.run.form_runs import FormRuns, FormRunSettings  # noqa: PLC0415  # see `needs`

    ports = pick_ports(options.exporter_port)
    logs = options.state_dir / "logs"
    stack_options = StackOptions(
        with_api=options.starts_target,
        exporter_targets=(f"{LOOPBACK}:{ports.exporter}",),
        api_metrics_target=api_metrics(options),
        rules_dir=options.rules,
        state_dir=options.state_dir,
    )
    with EmbeddedStack(stack_options) as stack:
        hosts = (stack.api_url or "",) if options.starts_target else options.hosts
        host = None if options.class_hosts or not hosts else hosts[0]
        # A password is kept off the command line, which every user of the machine may read.
        secret = {"LOCUST_HOST": host} if host and masked(host) != host else {}
        with (
            locust_processes(
                options,
                None if secret else host,
                ports,
                locust_variables(stack) | bundle_variables(options) | secret,
                logs,
                [*_size(options), *_details(options)],
            ) as locust,
            notes_in(stack.grafana_url, settings(stack_options.env_file), console.print) as notes,
        ):
            prometheus = PrometheusApi(stack.prometheus_url or "")
            wait_until_target_read(prometheus, locust.require_master, expected=options.starts_target)
            console.print(_addresses(locust, masked(", ".join(hosts)), stack, ports))
            api = LocustApi(locust.url, locust.processes[0].pid)
            runs = FormRuns(
                api,
                prometheus,
                FormRunSettings(
                    options.rules,
                    options.results,
                    logs,
                    options.locustfile_title,
                    tuple(filter(None, (unverified_certificates(options), unread_metrics(options)))),
                    counts_at_target(options),
                ),
                console,
                seen=notes.follow,
                judged=lambda verdict, folder: notes.judged(verdict, folder.absolute()),
            )
            try:
                _follow(locust, runs)
            except KeyboardInterrupt:
                runs.finish("interrupted by Ctrl-C", options.stop_timeout_seconds + 30.0)
                raise
            except CommandError as error:
                runs.give_up(str(error).partition(". Its log, ")[0])
                raise


def _size(options: RunOptions) -> list[str]:
    """Return what the form of a scenario cannot say: Locust's page disables these fields where there is a shape."""
    given_options = {
        "--users": options.users,
        "--spawn-rate": options.spawn_rate,
        "--run-time": options.run_time_seconds and round(options.run_time_seconds),
    }
    return [part for name, value in given_options.items() if value is not None for part in (name, f"{value}")]


def _details(options: RunOptions) -> list[str]:
    """Return what every run that is started in the form says of itself."""
    text = to_text(details_of(options))
    return ["--loadtest-run-details", text] if text else []


def _addresses(locust: RunningLocust, host: str, stack: RunningStack, ports: LocustPorts) -> Table:
    table = Table("What", "Where", title="Ctrl-C stops everything", title_justify="left")
    for row in (
        ("Locust: start a run here", locust.url),
        ("API under test", host),
        ("Prometheus: alerts", stack.prometheus_url and PrometheusApi(stack.prometheus_url).alerts_page()),
        ("Grafana: dashboards", stack.grafana_url),
        ("Exporter", f"http://{LOOPBACK}:{ports.exporter}/metrics"),
    ):
        if row[1]:
            table.add_row(*row)
    return table


def _follow(locust: RunningLocust, runs: FormRuns) -> None:
    while True:
        locust.require_master()
        with suppress(LocustUnavailableError):  # it may not be up yet, and whether it is alive is asked elsewhere
            runs.poll()
        time.sleep(_POLL_SECONDS)
