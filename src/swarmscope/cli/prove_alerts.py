"""Proves each alert alive: brings its cause about for real, and requires that it fires, and nothing else does.

Exit code 0 when all are proven, 1 when one is not, 2 when it cannot be tried.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from swarmscope.alert_proof.case import Case, Cases, load_cases
from swarmscope.alert_proof.prover import Proof, Prover
from swarmscope.alert_proof.rules import alert_names
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError, ExitCode, StackError
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.project.settings import project
from swarmscope.stack.options import StackOptions
from swarmscope.stack.stack import EmbeddedStack

app = new_app()
#: A log has no window, and names of alerts are long.
_WIDTH_IN_A_FILE = 180


@app.command(help=__doc__)
def prove_alerts(
    only: Annotated[
        list[str] | None,
        typer.Option(help="Only this alert or objective, or the run of this name; may be given repeatedly."),
    ] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="With a copy of the rules whose windows are 10 s instead of a minute.")
    ] = False,
    listing: Annotated[bool, typer.Option("--list", help="Show the table of causes, and run nothing.")] = False,
    folder: Annotated[Path | None, typer.Option(help="Where everything is kept; a new one otherwise.")] = None,
) -> None:
    console = new_console()
    if not console.is_terminal:
        console.width = _WIDTH_IN_A_FILE
    with one_line_errors("Interrupted: the runs until now are not a proof"):
        known = load_cases(project().alert_cases)
        cases = chosen(known.cases, only or [])
        if listing:
            console.print(_causes(cases))
            raise typer.Exit
        proofs = _prove(known, cases, folder or Path(tempfile.mkdtemp(prefix="proofs-")), console, is_fast=fast)
        without = () if only else without_cause(known.cases)
    console.print(_table(proofs, without, known.path))
    is_proved = not without and not any(proof.problem for proof in proofs)
    raise typer.Exit(ExitCode.PASS if is_proved else ExitCode.FAIL)


def chosen(cases: Sequence[Case], names: Sequence[str]) -> tuple[Case, ...]:
    """Return the cases that prove these alerts or objectives, or have these names; all without names.

    Raise CommandError for a name that none has.
    """
    known = {name for case in cases for name in _names_of(case)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CommandError(f"unknown alert or run {unknown[0]!r}: expected one of {', '.join(sorted(known))}")
    return tuple(case for case in cases if not names or _names_of(case) & set(names))


def _names_of(case: Case) -> set[str]:
    """Return what a case is chosen by: its name, its alerts, and the objectives that an alert fires for."""
    return {case.name, *case.alerts, *(word for alert in case.alerts for word in alert.split())}


def without_cause(cases: Sequence[Case]) -> tuple[str, ...]:
    """Return the alerts of the rule files that no case makes fire."""
    proven = {name for case in cases for name in case.alerts}
    return tuple(name for name in alert_names(DEFAULT_RULES) if name not in proven)


def _prove(known: Cases, cases: Sequence[Case], folder: Path, console: Console, *, is_fast: bool) -> list[Proof]:
    proofs: list[Proof] = []
    options = StackOptions(with_prometheus=False, state_dir=folder / "stack")
    with EmbeddedStack(options) as stack:
        assert stack.api_url is not None
        prover = Prover(stack.api_url, known.locustfile, folder, is_fast)
        for number, case in enumerate(cases, 1):
            console.print(f"{number}/{len(cases)} {case.name}: {case.cause} …", highlight=False)
            proof = _attempt(prover, case)
            proofs.append(proof)
            console.print(f"    {proof.verdict}, {proof.problem or 'as expected'}", highlight=False, markup=False)
    return proofs


def _attempt(prover: Prover, case: Case) -> Proof:
    """Return what came of the case.

    One that cannot be carried out proves nothing, and does not keep the others back.
    """
    try:
        return prover.prove(case)
    except (CommandError, StackError, LookupError) as error:
        return Proof(case, frozenset(), "-", None, str(error).partition(". Its log, ")[0])


def _causes(cases: Iterable[Case]) -> Table:
    table = Table(title="Causes")
    for column in ("Run", "Cause", "Alerts", "Verdict"):
        table.add_column(column, overflow="fold")
    for case in cases:
        table.add_row(case.name, case.cause, ", ".join(sorted(case.alerts)), case.outcome.value)
    return table


def _table(proofs: Iterable[Proof], without: Sequence[str], path: Path) -> Table:
    table = Table(title="Alerts and what makes them fire", title_justify="left")
    for column in ("Alert", "Cause", "Fired", "Verdict", "Exit code", "Wrong"):
        table.add_column(column, overflow="fold")
    for proof in proofs:
        for alert in sorted(proof.case.alerts):
            has_fired = alert in proof.fired
            fired = Text("yes" if has_fired else "no", style="green" if has_fired else "red")
            table.add_row(alert, proof.case.cause, fired, proof.verdict, str(proof.exit_code), Text(proof.problem))
    for alert in without:
        table.add_row(
            alert,
            "-",
            Text("no", style="red"),
            "-",
            "-",
            f"has no cause: add one to {path.name}",
        )
    return table
