"""Judges a run again, from what Prometheus still holds of it: exit code 0 pass, 1 fail, 2 could not judge."""

from __future__ import annotations

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
from swarmscope.project.places import DEFAULT_RESULTS, DEFAULT_RULES, STATE_DIR
from swarmscope.project.threshold_settings import DEFAULT_SCENARIO
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.compiled import CONFIDENCE_RECORD, THRESHOLD_RECORD
from swarmscope.prometheus.rule_files import FileRule, read_rules, ungated_alerts, watched_groups
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.prometheus.thresholds import (
    in_force,
    judged_apart,
    read_thresholds_file,
    thresholds_of,
)
from swarmscope.report.results_folder import write_evidence
from swarmscope.report.terminal import print_verdict
from swarmscope.run.run_folders import chosen_run
from swarmscope.stack.stack import embedded_prometheus
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.stored import verdict_document
from swarmscope.verdict.user_facts import Told, completed
from swarmscope.verdict.verdict import JudgedRun, Verdict
from swarmscope.verdict.what_if import under

app = new_app()


@app.command(help=__doc__)
def verdict(
    run_id: given.RunId = None,
    last: given.Last = False,
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
    with one_line_errors():
        chosen = chosen_run(run_id, results, last=last)
        folder = results / chosen
        before = verdict_document(folder)  # knows what Prometheus does not
        with ExitStack() as stack:
            url = prometheus_url or embedded_prometheus(stack, state_dir)
            laid_out = folder / "rules"
            rules = read_rules(laid_out) if laid_out.is_dir() else rule_set(DEFAULT_RULES).rules
            reader = RunReader(
                PrometheusApi(url),
                chosen,
                watched_groups(rules),
                ungated_alerts(rules),
                counts_at_target=bool((before.get("ledger") or {}).get("target_expected")),
                looks=_looks_of(before),
            )
            evidence = _read_again(reader, before)
        if not before and not evidence.alerts and not evidence.problems[1:]:
            where = f"neither in {results} nor in Prometheus: see the folders there"
            raise CommandError(f"There is no run {chosen}, {where}")
        context = {"judged_again_by": "verdict", **before.get("context", {})}
        context["min_samples"] = min_samples or context.get("min_samples") or 1
        told = tuple(context.get("warnings_before_the_load") or ())
        evidence = replace(evidence, min_samples=context["min_samples"], warnings=(*told, *evidence.warnings))
        folder = folder / "judged-again"  # the first verdict stays: Prometheus may have forgotten since
        if thresholds is not None:
            supposed = _supposed(rules, thresholds, evidence.run.scenario)
            evidence = reader.with_intervals(under(evidence, supposed))
            context["thresholds"] = thresholds.name
            folder = folder.with_name(f"what-if-{thresholds.stem}")
        result = decide(evidence)
        _write(folder, result, context)
    print_verdict(console, result, folder, verbose=True)
    raise typer.Exit(result.outcome.exit_code)


def _looks_of(before: dict[str, Any]) -> int:
    looks = (before.get("context") or {}).get("looks")
    return looks if isinstance(looks, int) and looks > 0 else 1


def _read_again(reader: RunReader, before: dict[str, Any]) -> Evidence:
    run, context = before.get("run") or {}, before.get("context") or {}
    evidence = reader.read(
        scenario=run.get("scenario") or "",
        exporter_count=(before.get("ledger") or {}).get("exporter"),
        interrupted=run.get("interrupted") or "",
        known_problems=tuple(context.get("rules_changed") or ()) + tuple(context.get("evidence_lost") or ()),
    )
    try:
        return replace(evidence, users=completed(evidence.users, Told.of(before)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CommandError(
            f"The run's verdict.json has no such exceptions ({type(error).__name__}: {error})"
        ) from error


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


def _write(folder: Path, result: Verdict, context: dict[str, Any]) -> None:
    try:
        write_evidence(folder, JudgedRun(result, context))
    except OSError as error:
        raise CommandError(f"The verdict cannot be written to {folder}: {error.strerror}") from error
