"""Judges a run again, from what Prometheus still holds of it: exit code 0 pass, 1 fail, 2 could not judge."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from scripts.errors import CommandError
from scripts.judging.decide import decide
from scripts.judging.read import RunReader
from scripts.prometheus_api import PrometheusApi
from scripts.reporting.evidence_files import write_evidence
from scripts.reporting.on_terminal import print_verdict
from scripts.running.options import DEFAULT_RESULTS
from scripts.running.rule_files import read_rules, watched_groups
from scripts.stack.errors import StackError
from scripts.stack.options import StackOptions
from scripts.stack.paths import STATE_DIR
from scripts.stack.stack import EmbeddedStack

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def verdict(
    run_id: Annotated[str | None, typer.Option(help="Which run; see the folders in results/.")] = None,
    last: Annotated[bool, typer.Option("--last", help="The last run in the results folder.")] = False,
    results: Annotated[Path, typer.Option(help="Folder for the results of runs.")] = DEFAULT_RESULTS,
    state_dir: Annotated[Path, typer.Option(help="Folder of the embedded stack's data.")] = STATE_DIR,
    prometheus_url: Annotated[
        str | None,
        typer.Option(
            help="The Prometheus that watched it; the embedded one is started otherwise.", envvar="PROMETHEUS_URL"
        ),
    ] = None,
) -> None:
    console = Console()
    try:
        chosen = _chosen(run_id, results, last=last)
        folder = results / chosen
        before = _verdict_before(folder)
        with ExitStack() as stack:
            url = prometheus_url or _embedded_prometheus(stack, state_dir)
            rules = read_rules(folder / "rules") if (folder / "rules").is_dir() else ()
            reader = RunReader(PrometheusApi(url), chosen, watched_groups(rules))
            run = before.get("run") or {}
            evidence = reader.read(
                scenario=run.get("scenario") or "",
                exporter_count=(before.get("ledger") or {}).get("exporter"),
                interrupted=run.get("interrupted") or "",
            )
        result = decide(evidence)
        folder = folder / "judged-again"  # the first verdict stays: Prometheus may have forgotten since
        write_evidence(folder, result, {"judged_again_by": "verdict", **before.get("context", {})}, rules=None)
    except (CommandError, StackError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(2) from None
    print_verdict(console, result, folder, verbose=True)
    raise typer.Exit(result.outcome.exit_code)


def _chosen(run_id: str | None, results: Path, *, last: bool) -> str:
    if bool(run_id) == last:
        raise CommandError("Say which run to judge: either --run-id ID or --last")
    if run_id:
        return run_id
    known = sorted(path.parent.name for path in results.glob("*/verdict.json"))
    if not known:
        raise CommandError(f"There is no run in {results}: run one first, for example `make smoke`")
    return known[-1]


def _verdict_before(folder: Path) -> dict[str, Any]:
    """What the first verdict knew and Prometheus does not; empty for a run that left no results here."""
    try:
        document: dict[str, Any] = json.loads((folder / "verdict.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document


def _embedded_prometheus(stack: ExitStack, state_dir: Path) -> str:
    options = StackOptions(with_api=False, exporter_targets=(), state_dir=state_dir)
    return stack.enter_context(EmbeddedStack(options)).prometheus_url or ""


if __name__ == "__main__":
    app()
