"""Brings up the stack and Locust's web interface, and leaves the rest to you: choose a scenario there and start it."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.cli import new_app, one_line_errors
from scripts.running import arguments as given
from scripts.running.environment import locust_variables
from scripts.running.locust_api import LocustApi, LocustUnavailableError
from scripts.running.locust_processes import locust_processes, pick_ports
from scripts.running.locustfile import require_observed, with_hosts
from scripts.running.notes import RunNotes, notes_in
from scripts.running.options import DEFAULT_LOCUSTFILE, DEFAULT_RULES, RunOptions
from scripts.running.parameters import checked
from scripts.running.rule_files import read_rules
from scripts.running.thresholds import thresholds_of
from scripts.stack.env_file import settings
from scripts.stack.options import StackOptions
from scripts.stack.paths import STATE_DIR
from scripts.stack.ports import LOOPBACK
from scripts.stack.stack import EmbeddedStack

app = new_app()
_POLL_SECONDS = 1.0


@app.command(help=__doc__)
def web(
    scenario: Annotated[str, typer.Option(help="Scenario that the form offers first.")] = "smoke",
    host: given.Host = None,
    workers: given.Workers = None,
    locustfile: given.Locustfile = DEFAULT_LOCUSTFILE,
    rules: given.Rules = DEFAULT_RULES,
    state_dir: given.StateDir = STATE_DIR,
) -> None:
    console = Console()
    with one_line_errors("Stopped before everything was up"):
        options = checked(RunOptions(scenario=scenario, host=host, workers=workers, locustfile=locustfile, rules=rules))
        thresholds_of(read_rules(rules))
        options = with_hosts(options, require_observed(options))
        try:
            _serve(options, state_dir, console)
        except KeyboardInterrupt:
            console.print("Stopped")


def _serve(options: RunOptions, state_dir: Path, console: Console) -> None:
    ports = pick_ports()
    stack_options = StackOptions(
        with_api=not options.hosts,
        exporter_targets=(f"{LOOPBACK}:{ports.exporter}",),
        rules_dir=options.rules,
        state_dir=state_dir,
    )
    with EmbeddedStack(stack_options) as stack:
        hosts = options.hosts or (stack.api_url or "",)
        with (
            locust_processes(
                options, None if options.class_hosts else hosts[0], ports, locust_variables(stack), state_dir / "logs"
            ) as locust,
            notes_in(stack.grafana_url, settings(stack_options.env_file), console.print) as notes,
        ):
            table = Table("What", "Where", title="Ctrl-C stops everything", title_justify="left")
            for row in (
                ("Locust: start a run here", locust.url),
                ("API under test", ", ".join(hosts)),
                ("Prometheus: rules and alerts", f"{stack.prometheus_url}/alerts"),
                ("Grafana: dashboards", stack.grafana_url),
                ("Exporter", f"http://{LOOPBACK}:{ports.exporter}/metrics"),
            ):
                if row[1]:
                    table.add_row(*row)
            console.print(table)
            locust_api = LocustApi(locust.url, locust.processes[0].pid)
            while True:
                locust.require_master()
                if stack.grafana_url:
                    _note(notes, locust_api)
                time.sleep(_POLL_SECONDS)


def _note(notes: RunNotes, locust: LocustApi) -> None:
    with suppress(LocustUnavailableError):  # it may not be up yet, and whether it is alive is asked elsewhere
        notes.follow(locust.status())


if __name__ == "__main__":
    app()
