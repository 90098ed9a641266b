"""Judges a CSV of Locust's statistics by thresholds, without Prometheus: exit code 0 pass, 1 fail, 2 not judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.objectives import Objective
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.prometheus.rule_files import read_rules
from swarmscope.prometheus.thresholds import in_force, place_of, read_thresholds_file, require_names, thresholds_of
from swarmscope.report.terminal import STYLES, objectives_table
from swarmscope.scenarios.catalogue import UnknownScenarioError
from swarmscope.verdict.locust_csv import LocustStats, judge, outcome_of, read_stats
from swarmscope.verdict.verdict import ObjectiveResult

app = new_app()

_Milliseconds = Annotated[float | None, typer.Option(min=0, metavar="MS", help="Highest allowed, in milliseconds.")]


@app.command(help=__doc__)
def check_thresholds(  # noqa: PLR0913, PLR0917  # each is an option on the command line
    stats_csv: Annotated[Path, typer.Argument(help="NAME_stats.csv of Locust, or locust-requests.csv of a run.")],
    scenario: Annotated[str | None, typer.Option(help="Judge by the thresholds of this scenario.")] = None,
    rules: given.Rules = DEFAULT_RULES,
    thresholds: given.Thresholds = None,
    p50: _Milliseconds = None,
    p95: _Milliseconds = None,
    p99: _Milliseconds = None,
    average: _Milliseconds = None,
    errors: Annotated[
        float | None, typer.Option(min=0, max=100, metavar="PERCENT", help="Highest allowed share of failed requests.")
    ] = None,
    min_rps: Annotated[float | None, typer.Option(min=0, help="Lowest allowed requests per second.")] = None,
) -> None:
    console = Console()
    with one_line_errors():
        asked = tuple(_asked(p50=p50, p95=p95, p99=p99, average=average, errors=errors, min_rps=min_rps))
        keys = {objective.key for objective in asked}
        table = _of_scenario(scenario, rules, thresholds) if scenario is not None else ()
        wanted = (*asked, *(objective for objective in table if objective.key not in keys))
        if not wanted:
            raise CommandError("Say what to judge by: --scenario NAME, or figures such as --p95 500 --errors 1")
        stats = read_stats(stats_csv)
        results = judge(stats, wanted)
        if not results:
            raise CommandError(f"None of the {len(wanted)} thresholds can be judged by a CSV of Locust's statistics")
    _print(console, stats, wanted, results)
    raise typer.Exit(outcome_of(results).exit_code)


def _asked(
    *,
    p50: float | None,
    p95: float | None,
    p99: float | None,
    average: float | None,
    errors: float | None,
    min_rps: float | None,
) -> Iterator[Objective]:
    for objective, bound, value, unit in (
        ("latency_p50_seconds", "max", p50, 1000),
        ("latency_p95_seconds", "max", p95, 1000),
        ("latency_p99_seconds", "max", p99, 1000),
        ("latency_mean_seconds", "max", average, 1000),
        ("error_ratio", "max", errors, 100),
        ("throughput_requests_per_second", "min", min_rps, 1),
    ):
        if value is not None:
            yield Objective(objective, bound, "critical", value / unit, None, None)


def _of_scenario(scenario: str, rules: Path, extra: Path | None) -> tuple[Objective, ...]:
    found = read_rules(rules) + (read_thresholds_file(extra) if extra is not None else ())
    thresholds = thresholds_of(found)
    require_names(thresholds, scenario, place_of(rules, extra))
    names = tuple(sorted({t.scenario for t in thresholds} | set(project().catalogue.names)))
    if scenario not in names:
        raise CommandError(str(UnknownScenarioError(scenario, names)))
    return tuple(
        Objective(t.objective, t.bound, t.severity, t.value, None, None, t.method, t.name)
        for t in in_force(thresholds, scenario)
    )


def _print(
    console: Console, stats: LocustStats, wanted: Sequence[Objective], results: Sequence[ObjectiveResult]
) -> None:
    console.print(objectives_table("Locust's statistics, the ramp included", results))
    left_out = [objective.title for objective in wanted if not stats.can_answer(objective.objective)]
    if left_out:
        console.print(f"Not in such a file, so not judged here: {', '.join(left_out)}", style="yellow", markup=False)
    outcome = outcome_of(results).value
    console.print(Text.assemble(f"{stats.total.requests:,} requests: ", (outcome, STYLES[outcome])))
