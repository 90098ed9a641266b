"""Brings up the stack and Locust's web interface, and leaves the rest to you: choose a scenario there and start it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.cli import new_app, one_line_errors
from scripts.running import arguments as given
from scripts.running.locust_processes import locust_processes, pick_ports
from scripts.running.locustfile import require_observed
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
_POLL_SECONDS = 0.5


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
        require_observed(options)
        try:
            _serve(options, state_dir, console)
        except KeyboardInterrupt:
            console.print("Stopped")


def _serve(options: RunOptions, state_dir: Path, console: Console) -> None:
    ports = pick_ports()
    stack_options = StackOptions(
        with_api=options.host is None,
        exporter_targets=(f"{LOOPBACK}:{ports.exporter}",),
        rules_dir=options.rules,
        state_dir=state_dir,
    )
    with EmbeddedStack(stack_options) as stack:
        host = options.host or stack.api_url or ""
        environment = os.environ | settings(stack_options.env_file) | stack.locust_environment
        with locust_processes(options, host, ports, environment, state_dir / "logs") as locust:
            table = Table("What", "Where", title="Ctrl-C stops everything", title_justify="left")
            for row in (
                ("Locust: start a run here", locust.url),
                ("API under test", host),
                ("Prometheus: rules and alerts", f"{stack.prometheus_url}/alerts"),
                ("Exporter", f"http://{LOOPBACK}:{ports.exporter}/metrics"),
            ):
                table.add_row(*row)
            console.print(table)
            while True:
                locust.require_master()
                time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    app()
