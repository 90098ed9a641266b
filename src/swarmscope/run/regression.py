"""Compares a run with the runs of its baseline: kept in its folder, so that it is judged the same from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarmscope.compare.comparable import obstacles
from swarmscope.compare.comparison import Comparison, Side
from swarmscope.compare.judge import RUN_POLICY, compare_runs
from swarmscope.compare.summary import RunSummary
from swarmscope.compare.summary_file import to_json
from swarmscope.errors import CommandError
from swarmscope.project.files import write_whole
from swarmscope.run.baselines import runs_in_baseline
from swarmscope.run.evidence_archive import BASELINE_FOLDER, SERIES_FILE
from swarmscope.run.read_summary import summary_of_evidence
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.integrity import EVIDENCE_FOLDER
from swarmscope.verdict.regression import COMPARED, DEFAULT_LIMIT

#: In the context of verdict.json: by how much the p95 may be worse, of a run that was compared.
LIMIT_KEY = "max_regression"


def keep_baseline(folder: Path, side: Side) -> None:
    """Put the runs of a baseline into the folder of a run, for its evidence; raise CommandError."""
    place = folder / BASELINE_FOLDER
    try:
        place.mkdir(parents=True, exist_ok=True)
        for run in side.runs:
            write_whole(place / f"{run.run_id}.json", to_json(run))
    except OSError as error:
        raise CommandError(f"The baseline cannot be copied to {folder}: {error.strerror}") from error


def with_regression(evidence: Evidence, folder: Path, document: Mapping[str, Any]) -> Evidence:
    """Return the evidence of a run with its comparison, where it has a baseline; ``document`` is its verdict.json.

    Everything is read from the run's evidence. What keeps it from being compared is kept as a problem of that.
    """
    context = document.get("context")
    limit = context.get(LIMIT_KEY) if isinstance(context, Mapping) else None
    place = folder / EVIDENCE_FOLDER
    if not isinstance(limit, int | float):
        if not (place / BASELINE_FOLDER).is_dir():
            return evidence
        limit = DEFAULT_LIMIT  # of a verdict.json that is not what it was
    try:
        side = _baseline_in(place)
        own = summary_of_evidence(document, place / SERIES_FILE)
        comparison, problem = compared(side, own, float(limit))
    except CommandError as error:
        comparison, problem = None, str(error)
    return replace(evidence, comparison=comparison, regression_limit=float(limit), comparison_problem=problem)


def compared(side: Side, own: RunSummary, limit: float) -> tuple[Comparison | None, str]:
    """Return the comparison of the p95 of a run with those of a baseline; or None, and why there is none."""
    b = Side(own.run_id, (own,))
    found = obstacles(side, b)
    if found:
        return None, f"not comparable with the baseline: {'; '.join(found)}"
    return compare_runs(side, b, replace(RUN_POLICY, margin=limit), figures=frozenset({COMPARED})), ""


def _baseline_in(place: Path) -> Side:
    runs = tuple(runs_in_baseline(place / BASELINE_FOLDER)) if (place / BASELINE_FOLDER).is_dir() else ()
    if not runs:
        raise CommandError(f"{EVIDENCE_FOLDER}/{BASELINE_FOLDER} has no runs to compare with")
    return Side("baseline", runs)
