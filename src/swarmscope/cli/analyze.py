"""Sums up what a run left and says what to do, without Prometheus: exit code 0 pass, 1 fail, 2 not judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.objectives import Objective
from swarmscope.output import new_console
from swarmscope.report.advice import recommendation
from swarmscope.report.terminal import STYLES, advice_lines, summary_table
from swarmscope.report.wording import figure, limit
from swarmscope.verdict.locust_csv import figures_of, judge, outcome_of
from swarmscope.verdict.stored import StoredRun, read_run
from swarmscope.verdict.verdict import ObjectiveResult, Outcome

app = new_app()


@app.command(help=__doc__)
def analyze_results(
    results: Annotated[
        Path, typer.Argument(help="Folder of a run, folder of runs (its last one then), or a CSV of Locust's.")
    ],
    threshold: Annotated[
        float, typer.Option(min=0, max=100, metavar="PERCENT", help="Highest allowed share of failed requests.")
    ] = 5.0,
) -> None:
    console = new_console()
    with one_line_errors():
        run = read_run(results)
    whole_run = _whole_run(run, threshold)
    reasons, outcome = _judged(run, whole_run)
    _print(console, run, whole_run, outcome)
    for reason in reasons:
        console.print(f"  - {reason}", markup=False, highlight=False)
    raise typer.Exit(outcome.exit_code)


def _whole_run(run: StoredRun, threshold_percent: float) -> tuple[ObjectiveResult, ...]:
    """Return the failures of the whole run, its ramp included, by Locust's own count; empty when that is not there."""
    if run.stats is None:
        return ()
    return judge(run.stats, [Objective("error_ratio", "max", "critical", threshold_percent / 100, None, None)])


def _judged(run: StoredRun, whole_run: tuple[ObjectiveResult, ...]) -> tuple[tuple[str, ...], Outcome]:
    """Why, and what: the worst of the verdict and of the failures of the whole run."""
    failures = outcome_of(whole_run) if run.stats is not None else Outcome.INCONCLUSIVE
    reasons = list(run.verdict.reasons) if run.verdict is not None else []
    outcomes = {failures} | ({run.verdict.outcome} if run.verdict is not None else set())
    if failures is Outcome.FAIL:
        reasons.append("more failed requests in the whole run than --threshold allows")
    if run.stats is None:
        reasons.append("Locust's CSV is missing: its own count of failures is not known")
    elif run.verdict is not None and run.verdict.ledger.locust != run.stats.total.requests:
        outcomes.add(Outcome.INCONCLUSIVE)
        reasons.append(
            f"verdict.json speaks of {run.verdict.ledger.locust} requests and Locust's CSV of"
            f" {run.stats.total.requests}: they are not of the same run"
        )
    worst = next(o for o in (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS) if o in outcomes)
    return tuple(reasons), worst


def _print(console: Console, run: StoredRun, whole_run: tuple[ObjectiveResult, ...], outcome: Outcome) -> None:
    console.print(f"{run.place}", markup=False, highlight=False, soft_wrap=True)
    if run.verdict is not None:
        console.print(summary_table(run.verdict.figures, run.verdict.objectives))
    elif run.stats is not None:
        console.print(summary_table(figures_of(run.stats), whole_run, "Summary, the ramp included"))
    for result in whole_run:
        measured, allowed = figure(result.objective, result.objective.measured), limit(result.objective)
        console.print(
            Text.assemble(
                f"Failed requests in the whole run: {measured} ({allowed}) ",
                (result.status.value, STYLES[result.status.value]),
            )
        )
    objectives = run.verdict.objectives if run.verdict is not None else ()
    console.print(advice_lines(recommendation(outcome, (*whole_run, *objectives))))
    console.print(Text.assemble("Verdict: ", (outcome.value, STYLES[outcome.value])))
