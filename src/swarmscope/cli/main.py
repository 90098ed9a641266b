"""Lists the commands, and imports one only when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from swarmscope import __version__
from swarmscope.cli.app import CommandLine, new_app

#: Command to the module of `swarmscope.cli` that has it, and what it does.
COMMANDS: Mapping[str, tuple[str, str]] = {
    "init": ("init", "Write a first swarmscope.toml, and a locustfile"),
    "run": ("run", "Run a scenario and judge it"),
    "all": ("run_all", "Run all scenarios but the long ones, one by one, and sum up"),
    "web": ("web", "Judge what is started in Locust's web interface"),
    "locust": ("locust", "Start Locust itself, observed: masters and workers by hand"),
    "up": ("up", "Bring up the stack alone, until Ctrl-C"),
    "clean": ("clean", "Remove the embedded stack's data, or old runs"),
    "verdict": ("verdict", "Judge a run again, also by other thresholds"),
    "report": ("report", "Make the HTML report of a run again"),
    "history": ("history", "List the runs of a results folder, with the trend as a page"),
    "compare": ("compare", "Same, better, worse, or cannot tell: stored runs"),
    "ab": ("ab", "The same of two targets, under the same load in turn"),
    "baseline": ("baseline", "Keep runs that later ones are compared with"),
    "capacity": ("capacity", "How much load the target carries, as an interval"),
    "comment": ("comment", "Put the verdict into a comment on a CI job's pull request"),
    "analyze": ("analyze", "Judge stored results without Prometheus"),
    "scenarios": ("scenarios", "List the scenarios"),
    "thresholds": ("thresholds", "Show what judges each scenario; judge a CSV of Locust's by it"),
    "judge-runs": ("judge_runs", "Judge the runs of a Locust master that runs already"),
    "doctor": ("doctor", "Check this machine, and say how to fix what is missing"),
    "dashboards": ("dashboards", "Put the dashboards into a Grafana of yours"),
    "prove-alerts": ("prove_alerts", "Cause every alert for real, and show that it fires"),
}


#: Left out of the help, which has to fit a screen: docs/commands.md has them.
RARE = frozenset({"judge-runs", "analyze"})


class LazyGroup(TyperGroup):
    """The commands of `COMMANDS`."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # only their names are asked for

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import the command; None for a name that none has."""
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        return get_command(import_module(f"swarmscope.cli.{module}").app)

    def get_params(self, ctx: Any) -> list[Any]:
        """Leave all options out of the help, which has to fit a screen: docs/commands.md has them."""
        parameters: list[Any] = list(super().get_params(ctx))
        for parameter in parameters:
            parameter.hidden = True
        return parameters

    def get_help_option(self, ctx: Any) -> Any:
        """Leave the line on --help itself out of it, for the same reason."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.hidden = True
        return option

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, purpose) for name, (_, purpose) in COMMANDS.items() if name not in RARE])


app: CommandLine = new_app(cls=LazyGroup, add_completion=True, no_args_is_help=True)


def _print_version(wanted: bool) -> None:  # as typer calls it
    if wanted:
        typer.echo(f"swarmscope {__version__}")
        raise typer.Exit


@app.callback(help="Load tests with a verdict to trust: exit code 0 pass, 1 fail, 2 not judged.")
def swarmscope(
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Take the options that go before a command."""
