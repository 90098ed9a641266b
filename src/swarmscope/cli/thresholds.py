"""Shows what judges each scenario and where it is written; or judges a CSV of Locust's statistics by it.

A CSV is judged without Prometheus: exit code 0 pass, 1 fail, 2 not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.cli.csv_of_locust import Figures, judge_csv
from swarmscope.errors import CommandError
from swarmscope.objectives import DEFAULT_CONFIDENCE, Threshold, limit_of, words_of
from swarmscope.output import new_console
from swarmscope.project.files import write_whole
from swarmscope.project.places import DEFAULT_RULES, PROJECT_FILE
from swarmscope.project.settings import project
from swarmscope.project.threshold_settings import DEFAULT_SCENARIO
from swarmscope.prometheus.compiled import compiled
from swarmscope.prometheus.judging import Judging, judging_thresholds
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.report.wording import printable
from swarmscope.scenarios.catalogue import UnknownScenarioError

app = new_app()

_Milliseconds = Annotated[
    float | None, given.rare(min=0, metavar="MS", help="For a CSV: highest allowed, in milliseconds.")
]


@app.command(help=__doc__)
def thresholds(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCENARIO | STATS.csv]",
            help="A scenario, else all of them; or a CSV to judge: NAME_stats.csv, or locust-requests.csv of a run.",
        ),
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="For a CSV: judge by the thresholds of this scenario.")] = None,
    rules: given.Rules = DEFAULT_RULES,
    thresholds: given.Thresholds = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write the thresholds of swarmscope.toml as rules, to its compiled_rules.")
    ] = False,
    p50: _Milliseconds = None,
    p95: _Milliseconds = None,
    p99: _Milliseconds = None,
    average: _Milliseconds = None,
    errors: Annotated[
        float | None,
        given.rare(min=0, max=100, metavar="PERCENT", help="For a CSV: highest allowed share of failed requests."),
    ] = None,
    min_rps: Annotated[float | None, given.rare(min=0, help="For a CSV: lowest allowed requests per second.")] = None,
    _help_all: given.HelpAll = False,
) -> None:
    console, figures = new_console(), Figures(p50, p95, p99, average, errors, min_rps)
    is_csv = what is not None and (what.lower().endswith(".csv") or Path(what).is_file())
    with one_line_errors():
        if is_csv:
            table = _judging(scenario, rules, thresholds).thresholds if scenario is not None else ()
            raise typer.Exit(judge_csv(console, Path(what or ""), figures, table))
        if scenario is not None or tuple(figures.objectives()):
            raise CommandError("--scenario and figures judge a CSV of Locust's statistics: give one, or leave them out")
        if write:
            _write(console)
            return
        names = (what,) if what is not None else tuple(project().catalogue.by_name) or (DEFAULT_SCENARIO,)
        for name in names:
            judging = _judging(name, rules, thresholds)
            console.print(_table(name, judging.thresholds))
            for line in filter(None, (*judging.told, judging.note)):
                console.print(f"Note: {line}", style="yellow", markup=False, highlight=False)


def _judging(name: str, rules: Path, extra: Path | None) -> Judging:
    """Return what judges a scenario, by any of its names; raise CommandError for one that is not known."""
    catalogue, found = project().catalogue, rule_set(rules, extra)
    own = catalogue.find(name).name if name in catalogue.names else name
    judging = judging_thresholds(found, own, catalogue.names)
    is_known = own in (*catalogue.names, DEFAULT_SCENARIO) or any(t.scenario == own for t in judging.thresholds)
    if catalogue and not is_known:
        raise CommandError(str(UnknownScenarioError(name, catalogue.names)))
    return judging


def _table(scenario: str, judging: Sequence[Threshold]) -> Table:
    """Return what is in force, the scenario's own thresholds first; confidence only where one is not the default."""
    title = "every scenario" if scenario == DEFAULT_SCENARIO else scenario
    table = Table(title=f"{title}: what judges it", title_justify="left")
    table.add_column("Objective", overflow="fold")
    table.add_column("Threshold", justify="right", no_wrap=True)
    table.add_column("Severity", no_wrap=True)
    has_confidence = any(map(_confidence, judging))
    if has_confidence:
        table.add_column("Confidence", justify="right", no_wrap=True)
    table.add_column("Where it is set", overflow="fold")
    for threshold in judging:
        subject = " ".join(filter(None, (words_of(threshold.objective), threshold.method, threshold.name)))
        limit = limit_of(threshold.objective, threshold.bound, threshold.value)
        confidence = (_confidence(threshold),) if has_confidence else ()
        source = Text(printable(threshold.source))
        table.add_row(Text(printable(subject)), limit, threshold.severity, *confidence, source)
    return table


def _confidence(threshold: Threshold) -> str:
    """Return how sure a run has to be of a threshold; empty where as sure as by default."""
    if threshold.confidence in {None, DEFAULT_CONFIDENCE}:
        return ""
    return f"{threshold.confidence * 100:.6g} %" if threshold.confidence else "off"


def _write(console: Console) -> None:
    path = project().compiled_rules
    if path is None:
        raise CommandError(f"{PROJECT_FILE} names no file to write to: add compiled_rules = 'FOLDER/thresholds.yml'")
    try:
        write_whole(path, compiled(project()))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}") from error
    console.print(f"Wrote {path}", markup=False, highlight=False, soft_wrap=True)
