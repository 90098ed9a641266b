"""Brings up the stack and Locust's web interface, and leaves the rest to you: choose a scenario there and start it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.errors import CommandError
from scripts.running.locust_processes import locust_processes, pick_ports
from scripts.running.options import DEFAULT_LOCUSTFILE, RunOptions, default_workers
from scripts.running.parameters import existing_file
from scripts.stack.env_file import settings
from scripts.stack.errors import StackError
from scripts.stack.options import StackOptions
from scripts.stack.paths import STATE_DIR
from scripts.stack.ports import LOOPBACK
from scripts.stack.stack import EmbeddedStack

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_POLL_SECONDS = 0.5


@app.command(help=__doc__)
def web(
    scenario: Annotated[str, typer.Option(help="Scenario that the form offers first.")] = "smoke",
    host: Annotated[
        str | None, typer.Option(help="URL of your own API; the reference API is started otherwise.")
    ] = None,
    workers: Annotated[
        int, typer.Option(help="Locust worker processes; 0 runs everything in one.")
    ] = default_workers(),
    locustfile: Annotated[Path, typer.Option(help="Your own locustfile.")] = DEFAULT_LOCUSTFILE,
    state_dir: Annotated[Path, typer.Option(help="Folder for the embedded stack's data.")] = STATE_DIR,
) -> None:
    console = Console()
    try:
        options = RunOptions(scenario=scenario, host=host, workers=workers, locustfile=existing_file(locustfile))
        _serve(options, state_dir, console)
    except (CommandError, StackError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        console.print("Stopped")


def _serve(options: RunOptions, state_dir: Path, console: Console) -> None:
    ports = pick_ports()
    stack_options = StackOptions(
        with_api=options.host is None, exporter_targets=(f"{LOOPBACK}:{ports.exporter}",), state_dir=state_dir
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
