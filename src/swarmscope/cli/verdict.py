"""Judges a run again, from Prometheus or from the evidence it left: exit code 0 pass, 1 fail, 2 could not judge."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from swarmscope.cli import options as given
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
from swarmscope.objectives import Threshold
from swarmscope.output import new_console
from swarmscope.project.places import DEFAULT_RESULTS, STATE_DIR
from swarmscope.project.threshold_settings import DEFAULT_SCENARIO
from swarmscope.prometheus.compiled import CONFIDENCE_RECORD, THRESHOLD_RECORD
from swarmscope.prometheus.names import INTERVAL_SECONDS
from swarmscope.prometheus.rule_files import FileRule, ungated_alerts, watched_groups
from swarmscope.prometheus.thresholds import (
    in_force,
    judged_apart,
    read_thresholds_file,
    thresholds_of,
)
from swarmscope.report.results_folder import write_evidence
from swarmscope.report.terminal import print_verdict
from swarmscope.run.regression import LIMIT_KEY, with_regression
from swarmscope.run.run_source import ChosenRun, RunSource, source_of
from swarmscope.stack.stack import print_line
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Evidence, Ledger, RunFacts, with_problems
from swarmscope.verdict.integrity import doubted
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.stored import figures_of, problems_of
from swarmscope.verdict.user_facts import Told, completed
from swarmscope.verdict.verdict import JudgedRun, Verdict
from swarmscope.verdict.what_if import under

app = new_app()


@app.command(help=__doc__)
def verdict(
    run_id: given.RunId = None,
    last: given.Last = False,
    *,
    from_folder: given.FromFolder = None,
    results: given.Results = DEFAULT_RESULTS,
    state_dir: given.StateDir = STATE_DIR,
    thresholds: Annotated[
        Path | None, typer.Option(help="What if: judge what was measured by the thresholds in this file alone.")
    ] = None,
    min_samples: Annotated[
        int | None, typer.Option(min=1, help="Observations that each objective has to rest on; as before otherwise.")
    ] = None,
    prometheus_url: given.ItsPrometheus = None,
) -> None:
    console = new_console()
    with one_line_errors(), ExitStack() as stack:
        chosen = ChosenRun(run_id, last, from_folder, results)
        source = source_of(stack, chosen, prometheus_url, state_dir)
        reader = _reader_of(source)
        evidence = _unread(source) if reader is None else _read_again(source, reader)
        if not source.document and not evidence.alerts and not evidence.problems[1:]:
            where = f"neither in {results} nor in Prometheus: see the folders there"
            raise CommandError(f"Run {source.run_id} was not found, {where}")
        context = _context(source, min_samples)
        told = tuple(context.get("warnings_before_the_load") or ())
        evidence = replace(evidence, min_samples=context["min_samples"], warnings=(*told, *evidence.warnings))
        if LIMIT_KEY in context and thresholds is None:
            evidence = with_regression(evidence, source.folder, source.document)
        folder = source.folder / "judged-again"  # the first verdict stays: Prometheus may have forgotten since
        if thresholds is not None:
            if reader is not None:
                supposed = _supposed(source.rules, thresholds, evidence.run.scenario)
                evidence = reader.with_intervals(under(evidence, supposed))
            context["thresholds"] = thresholds.name
            folder = folder.with_name(f"what-if-{thresholds.stem}")
        result = _decided(source, evidence)
        unwritten = _write(folder, result, context)
        if unwritten and not source.is_evidence:
            raise CommandError(unwritten)
    print_verdict(console, result, None if unwritten else folder, verbose=True)
    if unwritten:
        print_line(unwritten)
    raise typer.Exit(result.outcome.exit_code)


def _context(source: RunSource, min_samples: int | None) -> dict[str, Any]:
    context = {"judged_again_by": "verdict", **_section(source.document, "context")}
    before = context.get("min_samples")
    context["min_samples"] = min_samples or (before if isinstance(before, int) else None) or 1
    if source.is_evidence:
        context["judged_from"] = "evidence"
    return context


def _decided(source: RunSource, evidence: Evidence) -> Verdict:
    """Judge it; what was changed since the run is a reason that nothing outweighs."""
    result = decide(evidence)
    if source.prometheus is None:  # whatever else is missing is missing because of that
        result = replace(result, reasons=(), checks=())
    return doubted(result, source.problems)


def _reader_of(source: RunSource) -> RunReader | None:
    """Return what reads the run; None where nothing holds it."""
    if source.prometheus is None:
        return None
    looks = _section(source.document, "context").get("looks")
    return RunReader(
        source.prometheus,
        source.run_id,
        watched_groups(source.rules),
        ungated_alerts(source.rules),
        counts_at_target=bool(_section(source.document, "ledger").get("target_expected")),
        looks=looks if isinstance(looks, int) and looks > 0 else 1,
        as_of_seconds=source.as_of_seconds,
    )


def _read_again(source: RunSource, reader: RunReader) -> Evidence:
    before = source.document
    run, context, ledger = (_section(before, name) for name in ("run", "context", "ledger"))
    known = (*(context.get("rules_changed") or ()), *(context.get("evidence_lost") or ()))
    try:
        evidence = reader.read(
            scenario=run.get("scenario") or "",
            exporter_count=ledger.get("exporter"),
            interrupted=run.get("interrupted") or "",
            known_problems=problems_of(before) if source.is_evidence else known,
        )
        evidence = replace(evidence, users=completed(evidence.users, Told.of(before)))
        traces = figures_of(before).slowest_traces if source.is_evidence else evidence.figures.slowest_traces
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(
            f"The run's verdict.json has no such exceptions ({type(error).__name__}: {error})"
        ) from error
    return replace(evidence, figures=replace(evidence.figures, slowest_traces=traces))


def _unread(source: RunSource) -> Evidence:
    """Return the evidence of which nothing can be read."""
    now = time.time()
    scenario = str(_section(source.document, "run").get("scenario") or "")
    facts = RunFacts(source.run_id, scenario, now, now, None)
    empty = Evidence(facts, INTERVAL_SECONDS, INTERVAL_SECONDS, (), (), (), (), None, None, Ledger())
    return with_problems(empty, *source.problems)


def _section(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return one of the tables of a verdict.json; empty where it has none."""
    found = document.get(name)
    return found if isinstance(found, Mapping) else {}


def _supposed(rules: tuple[FileRule, ...], path: Path, scenario: str) -> tuple[Threshold, ...]:
    """Return the thresholds of that file that would be in force; raise CommandError when it has none."""
    others = tuple(rule for rule in rules if rule.name not in {THRESHOLD_RECORD, CONFIDENCE_RECORD})
    given = read_thresholds_file(path)
    if set(judged_apart(given)) - set(judged_apart(rules)):
        raise CommandError(f"{path} judges apart what the run did not: what was measured cannot be divided afterwards")
    supposed = thresholds_of((*others, *given))
    chosen = in_force(supposed, scenario)
    if not chosen:
        raise CommandError(f"{path} has no threshold for scenario {scenario!r}, and none for {DEFAULT_SCENARIO!r}")
    return chosen


def _write(folder: Path, result: Verdict, context: dict[str, Any]) -> str:
    """Write the verdict; return why that cannot be done, empty when it could."""
    try:
        write_evidence(folder, JudgedRun(result, context))
    except OSError as error:
        return f"The verdict cannot be written to {folder}: {error.strerror}"
    return ""
