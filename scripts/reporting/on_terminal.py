"""The end of a run on the terminal: objectives, verdict, where to look next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from scripts.judging.verdict import Outcome, Status, Verdict
from scripts.reporting.wording import clock, figure, limit

_STYLES = {
    "PASS": "green",
    "FAIL": "bold red",
    "WARNING": "yellow",
    "NO DATA": "yellow",
    "INCONCLUSIVE": "bold yellow",
}


def print_verdict(console: Console, verdict: Verdict, results: Path | None, *, verbose: bool = False) -> None:
    """Prints the table of objectives, then the verdict with its reasons, then where the evidence is."""
    console.print(Group(*_parts(verdict, results, verbose=verbose)))


def _parts(verdict: Verdict, results: Path | None, *, verbose: bool) -> Iterator[RenderableType]:
    yield _objectives(verdict)
    if verbose or verdict.outcome is not Outcome.PASS:
        yield _checks(verdict)
    else:
        yield Text(f"Evidence: {len(verdict.checks)} checks hold; {_ledger_line(verdict)}", style="dim")
    breach = verdict.first_breach
    if breach is not None:
        yield Text(f"First breach: {breach.name} {breach.subject} at {clock(breach.first_seconds)} UTC", style="red")
    yield Text.assemble("Verdict: ", (verdict.outcome.value, _STYLES[verdict.outcome.value]))
    for reason in verdict.reasons:
        yield Text(f"  - {reason}")
    if results is not None:
        yield Text(f"Results: {results}")
    yield Text(f"Next: {_advice(verdict)}", style="dim")


def _objectives(verdict: Verdict) -> Table:
    table = Table(title=f"{verdict.evidence.run.scenario}: objectives over the whole run", title_justify="left")
    table.add_column("Objective", overflow="fold")
    table.add_column("Threshold", justify="right")
    table.add_column("Measured", justify="right")
    table.add_column("Result")
    for result in verdict.objectives:
        objective = result.objective
        table.add_row(
            Text(objective.title),
            limit(objective),
            figure(objective, objective.measured),
            Text(result.status.value, style=_STYLES[result.status.value]),
        )
    return table


def _checks(verdict: Verdict) -> Table:
    table = Table(title="Evidence", title_justify="left")
    table.add_column("Check")
    table.add_column("Figure", overflow="fold")
    table.add_column("")
    for check in verdict.checks:
        table.add_row(
            check.name, Text(check.figure), Text("ok" if check.ok else "gap", style="green" if check.ok else "yellow")
        )
    return table


def _ledger_line(verdict: Verdict) -> str:
    return next((check.figure for check in verdict.checks if check.name == "ledger"), "")


def _advice(verdict: Verdict) -> str:
    failed = [result for result in verdict.objectives if result.status is Status.FAIL]
    if verdict.outcome is Outcome.PASS:
        return "verdict.md holds the evidence; compare it with a run of your baseline"
    if failed:
        worst = failed[0].objective.title
        return f"look at {worst} around the first breach: the API's own metrics first, then its database and cache"
    return "a gap in the evidence: mend what the reasons name, then run again; no run is judged on half of its data"
