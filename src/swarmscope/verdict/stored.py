"""What a run left in its folder, read back without Prometheus."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from swarmscope.errors import CommandError
from swarmscope.objectives import Objective
from swarmscope.project.files import read_text
from swarmscope.prometheus.series import Sample
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.locust_csv import LocustStats, read_stats
from swarmscope.verdict.verdict import HARMLESS, AlertSpan, ObjectiveResult, Outcome, Status

SCHEMA_VERSION = 1  #: of verdict.json, described in docs/verdict-schema.md
VERDICT_FILE = "verdict.json"
_OWN_CSV = "locust-requests.csv"
_ANY_CSV = "*_stats.csv"


@dataclass(frozen=True)
class StoredVerdict:
    """What verdict.json says; ``locust_requests`` is Locust's own count of the whole run."""

    scenario: str
    outcome: Outcome
    reasons: tuple[str, ...]
    objectives: tuple[ObjectiveResult, ...]
    figures: Figures
    locust_requests: int | None


@dataclass(frozen=True)
class StoredRun:
    """At least one of both is there."""

    place: Path
    verdict: StoredVerdict | None
    stats: LocustStats | None


def read_run(path: Path) -> StoredRun:
    """Return a run's folder, the last run in a folder of runs, or one CSV file.

    Raise CommandError when there is nothing to judge by, or it cannot be read.
    """
    if path.is_file():
        return StoredRun(path, None, read_stats(path))
    if not path.is_dir():
        raise CommandError(f"There are no results at {path}: expected the folder of a run, or Locust's CSV file")
    folder = path if _holds_run(path) else _last_run(path)
    verdict = folder / VERDICT_FILE
    tables = [folder / _OWN_CSV, *sorted(folder.glob(_ANY_CSV))]
    table = next((file for file in tables if file.is_file()), None)
    return StoredRun(
        folder, _read_verdict(verdict) if verdict.is_file() else None, read_stats(table) if table is not None else None
    )


def verdict_document(folder: Path) -> dict[str, Any]:
    """verdict.json as it is; empty for a run that left none, or half of one."""
    try:
        document = _parsed(folder / VERDICT_FILE)
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _holds_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (VERDICT_FILE, _OWN_CSV)) or any(folder.glob(_ANY_CSV))


def _last_run(folder: Path) -> Path:
    known = sorted(child for child in folder.iterdir() if child.is_dir() and _holds_run(child))
    if not known:
        raise CommandError(
            f"There are no results in {folder}: expected the folder of a run, with {VERDICT_FILE} or {_ANY_CSV}"
        )
    return known[-1]


def _read_verdict(path: Path) -> StoredVerdict:
    try:
        document = _parsed(path)
        if document["schema"] != SCHEMA_VERSION:
            raise CommandError(f"{path} has schema {document['schema']!r}: this command reads schema {SCHEMA_VERSION}")
        contradiction = contradiction_in(document)
        if contradiction:
            raise CommandError(f"{path} contradicts itself: {contradiction}; judge that run again")
        return StoredVerdict(
            scenario=document["run"]["scenario"],
            outcome=Outcome(document["verdict"]),
            reasons=tuple(document["reasons"]),
            objectives=tuple(map(result_of, document["objectives"])),
            figures=Figures(**document.get("figures") or {}),
            locust_requests=document["ledger"]["locust"],
        )
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except RecursionError:
        raise CommandError(f"{path} is not a verdict: it is nested too deeply; judge that run again") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(
            f"{path} is not a verdict ({type(error).__name__}: {error}): judge that run again"
        ) from error


def _parsed(path: Path) -> Any:
    return json.loads(read_text(path), object_pairs_hook=_without_repetition)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"{repeated!r} is there more than once")
    return document


def contradiction_in(document: Mapping[str, Any]) -> str:
    """Return what the evidence in a verdict.json says against its verdict, in words; empty when it agrees."""
    outcome = Outcome(document["verdict"])
    if document["exit_code"] != outcome.exit_code:
        return f"it says {outcome} with exit code {document['exit_code']}, expected {outcome.exit_code}"
    against = next(_against_a_pass(document), "") if outcome is Outcome.PASS else ""
    return against and f"it says PASS, yet {against}"


def _against_a_pass(document: Mapping[str, Any]) -> Iterator[str]:
    results = [result_of(entry) for entry in document["objectives"]]
    if not results:
        yield "it has no objective"
    for result in results:
        objective, status = result.objective, result.status
        missed = objective.met is not True and objective.severity not in HARMLESS
        if status in {Status.FAIL, Status.NO_DATA}:
            yield f"{objective.title} is {status}"
        elif objective.measured is None or missed:
            measured = "not measured" if objective.measured is None else f"measured as {objective.measured:g}"
            yield f"{objective.title} ({objective.bound} {objective.threshold:g}) was {measured}"
    yield from (f"the check {check['name']!r} does not hold" for check in document["completeness"] if not _holds(check))
    yield from (f"it gives the reason {reason!r}" for reason in document["reasons"])
    if document.get("locustfile_exit_code"):
        yield f"the locustfile set process_exit_code to {document['locustfile_exit_code']}"
    yield from (f"{span.name} fired" for span in map(_span_of, document["alerts"]) if span.is_breach or span.is_doubt)


def _holds(check: Mapping[str, Any]) -> bool:
    return check["ok"] is True


def _span_of(document: Mapping[str, Any]) -> AlertSpan:
    known = {field.name for field in fields(AlertSpan)}  # later versions may add others
    return AlertSpan(**{name: value for name, value in document.items() if name in known})


def result_of(document: Mapping[str, Any]) -> ObjectiveResult:
    """Return an objective as verdict.json has it."""
    worst = document.get("worst_window")
    objective = Objective(
        objective=document["objective"],
        bound=document["bound"],
        severity=document["severity"],
        threshold=document["threshold"],
        measured=document["measured"],
        samples=document["samples"],
        method=document["method"] or "",
        name=document["name"] or "",
        worst=Sample(worst["end_seconds"], worst["value"]) if worst else None,
    )
    return ObjectiveResult(objective, Status(document["status"]), tuple(document["alerts"]))
