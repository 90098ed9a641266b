"""Start what [target] of swarmscope.toml names and its services, Prometheus, and Grafana if found, until Ctrl-C."""

import time
from typing import Annotated

import typer
from rich.table import Table

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RULES, STATE_DIR
from swarmscope.stack.options import EXPORTER_TARGET, RunningStack, StackOptions
from swarmscope.stack.stack import EmbeddedStack, print_line

ALIVE_CHECK_SECONDS = 0.5

app = new_app()


@app.command(help=__doc__)
def up(  # noqa: PLR0913 - a parameter for each option
    *,
    api: Annotated[bool, typer.Option(help="The command of [target], with its services.")] = True,
    api_port: Annotated[int | None, typer.Option(help="Port of the API (API_PORT).")] = None,
    api_metrics: Annotated[str | None, typer.Option(help="With --no-api: HOST:PORT of your API's /metrics.")] = None,
    prometheus_port: Annotated[int | None, typer.Option(help="Port of Prometheus (PROMETHEUS_PORT).")] = None,
    prometheus_url: Annotated[
        str | None, typer.Option(help="A Prometheus that runs already; none is started (PROMETHEUS_URL).")
    ] = None,
    grafana: Annotated[bool, typer.Option(help="Grafana, where GRAFANA_HOME or PATH has one.")] = True,
    grafana_port: Annotated[int | None, typer.Option(help="Port of Grafana (GRAFANA_PORT).")] = None,
    exporter: Annotated[str, typer.Option(help="HOST:PORT of the load test's exporter.")] = EXPORTER_TARGET,
    rules: given.Rules = DEFAULT_RULES,
    state_dir: given.StateDir = STATE_DIR,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say how long each part took.")] = False,
    _help_all: given.HelpAll = False,
) -> None:
    options = StackOptions(
        with_api=api,
        api_port=api_port,
        api_metrics_target=api_metrics,
        prometheus_port=prometheus_port,
        prometheus_url=prometheus_url,
        with_grafana=grafana,
        grafana_port=grafana_port,
        exporter_targets=(exporter,),
        rules_dir=rules,
        state_dir=state_dir.absolute(),
        verbose=verbose,
    )
    try:
        with EmbeddedStack(options) as stack:
            new_console(soft_wrap=True).print(address_table(stack))
            print("Ctrl-C stops everything.", flush=True)
            wait_until_interrupted(stack)
    except KeyboardInterrupt:
        print_line("stopped")


def address_table(stack: RunningStack) -> Table:
    """Return the addresses of what runs, without passwords."""
    table = Table("part", "address", "pid", box=None, pad_edge=False)
    addresses = {
        "api": stack.api_url,
        "postgres": f"127.0.0.1:{stack.ports['postgres']}" if "postgres" in stack.ports else None,
        "redis": stack.redis_url,
        "prometheus": stack.prometheus_url,
        "grafana": stack.grafana_url,
    }
    for part, address in addresses.items():
        if address:
            table.add_row(part, address, str(stack.pids.get(part, "")))
    return table


def wait_until_interrupted(stack: RunningStack) -> None:
    """Wait for Ctrl-C. Raise ProcessFailedError when a child ends by itself."""
    while True:
        stack.require_alive()
        time.sleep(ALIVE_CHECK_SECONDS)
