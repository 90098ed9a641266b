"""Where a run that is over is read from: its Prometheus, or the evidence in its folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.project.places import DEFAULT_RULES
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.prometheus.rule_files import FileRule, read_rules, rule_paths
from swarmscope.prometheus.rule_sets import rule_set
from swarmscope.run.kept_evidence import RULES_FOLDER
from swarmscope.run.run_folders import chosen_run, require_one_run
from swarmscope.run.stored_evidence import StoredEvidence, find_evidence, has_evidence, loaded, stored_evidence
from swarmscope.stack.stack import embedded_prometheus, print_line
from swarmscope.verdict.read import LONGEST_RUN_SECONDS
from swarmscope.verdict.stored import verdict_document
from swarmscope_exporter.run_ids import series_of


@dataclass(frozen=True)
class RunSource:
    """A run in its folder, with its verdict.json and the rules that were in force.

    ``prometheus`` is None where the evidence is not whole, and nothing of it can be judged. ``as_of_seconds`` and
    ``end_seconds`` say when evidence was judged and when it ends; None for a Prometheus that goes on. ``problems`` is
    what is not as the run left it.
    """

    folder: Path
    run_id: str
    document: Mapping[str, Any]
    rules: tuple[FileRule, ...]
    prometheus: PrometheusApi | None
    as_of_seconds: float | None = None
    end_seconds: float | None = None
    problems: tuple[str, ...] = ()
    is_evidence: bool = False


@dataclass(frozen=True)
class ChosenRun:
    """What names a run on the command line: an id or the last one, in the results or in a folder given by --from."""

    run_id: str | None
    last: bool
    folder: Path | None
    results: Path


def source_of(stack: ExitStack, chosen: ChosenRun, url: str | None, state_dir: Path) -> RunSource:
    """Return where the run is read from; raise CommandError when nothing holds it, or nothing names it."""
    if chosen.folder is not None:
        require_one_run(chosen.run_id, last=chosen.last)
        return in_folder(stack, chosen.folder, chosen.run_id)
    folder = chosen.results / chosen_run(chosen.run_id, chosen.results, last=chosen.last)
    return in_prometheus(stack, folder, url, state_dir)


def in_folder(stack: ExitStack, place: Path, run_id: str | None) -> RunSource:
    """Return the run in a folder, its evidence in a Prometheus that is up until ``stack`` is left.

    Raise CommandError when there is no evidence, or no Prometheus for it.
    """
    return _of_evidence(stack, find_evidence(place, run_id))


def in_prometheus(
    stack: ExitStack, folder: Path, url: str | None, state_dir: Path, say: Callable[[str], None] = print_line
) -> RunSource:
    """Return the run as its Prometheus holds it, else as its evidence does, which is said.

    Without an address it is that of the embedded stack, up until ``stack`` is left.
    """
    prometheus = PrometheusApi(url or embedded_prometheus(stack, state_dir))
    document = verdict_document(folder)
    if has_evidence(folder) and (lacking := _lacking(prometheus, folder.name, document)):
        say(f"{lacking}: read from the evidence in {folder}")
        return _of_evidence(stack, stored_evidence(folder))
    laid_out = folder / RULES_FOLDER
    rules = read_rules(laid_out) if laid_out.is_dir() else rule_set(DEFAULT_RULES).rules
    return RunSource(folder, folder.name, document, rules, prometheus)


def _of_evidence(stack: ExitStack, evidence: StoredEvidence) -> RunSource:
    if evidence.manifest is None:
        return RunSource(
            evidence.folder, evidence.run_id, evidence.document, (), None, problems=evidence.problems, is_evidence=True
        )
    rules = read_rules(evidence.rules) if rule_paths(evidence.rules) else ()
    there = stack.enter_context(loaded(evidence))
    return RunSource(
        evidence.folder,
        evidence.run_id,
        evidence.document,
        rules,
        there.prometheus,
        there.manifest.judged_seconds,
        there.manifest.end_seconds,
        (*evidence.problems, *there.problems),
        is_evidence=True,
    )


def _lacking(prometheus: PrometheusApi, run_id: str, document: Mapping[str, Any]) -> str:
    """Return what Prometheus lacks of the run, in words; empty when it holds its beginning."""
    run = document.get("run")
    began = run.get("load_start_seconds") if isinstance(run, Mapping) else None
    try:
        held = prometheus.raw(series_of(run_id, "loadtest_run_start_timestamp_seconds"), LONGEST_RUN_SECONDS)
    except PrometheusUnavailableError as error:
        return str(error)
    if not held:
        return f"Prometheus holds nothing of run {run_id} any more"
    first_seconds = min(series.samples[0].timestamp_seconds for series in held)
    is_cut = isinstance(began, int | float) and first_seconds > began
    return f"Prometheus no longer holds the beginning of run {run_id}" if is_cut else ""
