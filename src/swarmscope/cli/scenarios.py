"""Lists the scenarios of swarmscope.toml."""

from __future__ import annotations

from collections import Counter

from rich.table import Table
from rich.text import Text

from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RULES, PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.syntax import time_span
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.prometheus.thresholds import thresholds_of
from swarmscope.report.wording import printable
from swarmscope.scenarios.model import Scenario

app = new_app()
_OPEN = "-"  #: what a locustfile's own shape, or the command line, is to say


@app.command(help=__doc__)
def scenarios() -> None:
    console = new_console()
    with one_line_errors():
        catalogue = project().catalogue
        if not catalogue:
            raise CommandError(f"{PROJECT_FILE} has no scenarios: add [scenarios.NAME] with users and run_time")
        own = Counter(threshold.scenario for threshold in thresholds_of(rule_set(DEFAULT_RULES).rules))
        table = Table(title="Scenarios", title_justify="left")
        table.add_column("Scenario", overflow="fold")
        for heading in ("Users", "Time", "Stages", "Thresholds"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("Purpose", overflow="fold")
        for scenario in catalogue:
            table.add_row(*_row(scenario, own[scenario.name]))
        console.print(table)
        console.print("What judges one, and where it is set: swarmscope thresholds SCENARIO", highlight=False)


def _row(scenario: Scenario, own: int) -> tuple[Text | str, ...]:
    users = _OPEN if scenario.users is None else f"{scenario.users}"
    run_time = _OPEN if scenario.run_time_seconds is None else time_span(scenario.run_time_seconds)
    name, purpose = ", ".join((scenario.name, *scenario.aliases)), scenario.purpose
    thresholds = f"{own}" if own else "defaults"
    return Text(printable(name)), users, run_time, f"{len(scenario.stages)}", thresholds, Text(printable(purpose))
