"""What a run left in its folder, read back without Prometheus."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarmscope.errors import CommandError
from swarmscope.project.files import read_text
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.integrity import EDITED, is_edited
from swarmscope.verdict.locust_csv import LocustStats, read_stats
from swarmscope.verdict.verdict import HARMLESS, JudgedRun, Outcome, Status, Verdict

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SCHEMA_VERSION = 1  #: of verdict.json, described in docs/verdict-schema.md
VERDICT_FILE = "verdict.json"
_OWN_CSV = "locust-requests.csv"
_ANY_CSV = "*_stats.csv"


@dataclass(frozen=True)
class StoredRun:
    """At least one of both is there."""

    place: Path
    verdict: Verdict | None
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


def stored_verdict(folder: Path) -> JudgedRun | None:
    """Return the verdict in a run's folder; None when it left none that can be read."""
    document = verdict_document(folder)
    try:
        return judged_run(document) if document.get("schema") == SCHEMA_VERSION else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def problems_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a verdict.json has as wrong with its evidence; raise KeyError, TypeError or AttributeError."""
    checks = document.get("completeness") or ()
    return tuple(check["figure"] for check in checks if check["name"] == "evidence" and check["ok"] is not True)


def figures_of(document: Mapping[str, Any]) -> Figures:
    """Return the figures in a verdict.json, empty where it has none; raise as `judged_run` does."""
    return judged_run(document).verdict.figures if document else Figures()


def _holds_run(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (VERDICT_FILE, _OWN_CSV)) or any(folder.glob(_ANY_CSV))


def _last_run(folder: Path) -> Path:
    begun = sorted(child for child in folder.iterdir() if child.is_dir() and (_holds_run(child) or _has_begun(child)))
    if not begun:
        raise CommandError(
            f"There are no results in {folder}: expected the folder of a run, with {VERDICT_FILE} or {_ANY_CSV}"
        )
    if not _holds_run(begun[-1]):
        raise CommandError(f"The last run in {folder} has no results: {begun[-1]}; name the folder of another one")
    return begun[-1]


def _has_begun(folder: Path) -> bool:
    return (folder / "rules").is_dir() and (folder / "logs").is_dir()


def _read_verdict(path: Path) -> Verdict:
    try:
        document = _parsed(path)
        if document["schema"] != SCHEMA_VERSION:
            raise CommandError(f"{path} has schema {document['schema']!r}: this command reads schema {SCHEMA_VERSION}")
        verdict = judged_run(document).verdict
        contradiction = contradiction_in(verdict, document["exit_code"])
        edited = is_edited(document)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    except RecursionError:
        raise CommandError(f"{path} is not a verdict: it is nested too deeply; judge that run again") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(
            f"{path} is not a verdict ({type(error).__name__}: {error}): judge that run again"
        ) from error
    if contradiction:
        raise CommandError(f"{path} contradicts itself: {contradiction}; judge that run again")
    if edited:
        raise CommandError(f"{path} {EDITED}: judge that run again")
    return verdict


def judged_run(document: Mapping[str, Any]) -> JudgedRun:
    """Return what verdict.json says, in which times of the run are whole seconds.

    Raise ValueError, KeyError, TypeError or AttributeError when it is not a verdict.
    """
    run, users = document["run"], document["users"]
    shape = {
        "outcome": document["verdict"],
        "reasons": document["reasons"],
        "objectives": list(map(_result, document["objectives"])),
        "checks": [{**check, "ok": check["ok"] is True} for check in document["completeness"]],
        "timeline": document["alerts"],
        "run": {
            "run_id": run["run_id"],
            "scenario": run["scenario"],
            "start_seconds": _seconds(run["start"]),
            "load_start_seconds": run.get("load_start_seconds") or _seconds(run["load_start"]),
            "end_seconds": _seconds(run["end"]),
            "interrupted": run.get("interrupted") or "",
            "phases": {phase: _seconds(begin) for phase, begin in run["phases"].items()},
            "ending": run.get("ending") or "",
            "planned_seconds": run.get("planned_seconds"),
            "details": {name: run.get(name) or "" for name in ("host", "environment", "commit")}
            | {"labels": run.get("labels") or {}},
        },
        "ledger": document["ledger"],
        "figures": document.get("figures") or {},
        "users": {
            "begun": users["requests_begun"],
            "without_event": users["requests_without_event"],
            "iterations": users["iterations"],
            "iterations_of": users.get("iterations_of", {}),
            "missed_starts": users.get("missed_starts", {}),
            "exceptions": document["task_exceptions"],
            "failures": document.get("failures") or [],
            "silent": users["silent"],
            "cut_off": users["cut_off"],
            "exit_code": document["locustfile_exit_code"],
        },
        "peak_users": run.get("peak_users"),
        "user_seconds": run.get("user_seconds"),
        "arrivals": document.get("arrivals"),
        "steadiness": document.get("steadiness"),
        "warnings": document.get("warnings") or (),
    }
    return JudgedRun(_verdict(shape), document["context"], document.get("evidence"))


def _verdict(shape: Mapping[str, Any]) -> Verdict:
    from pydantic import ValidationError  # noqa: PLC0415  # 35 ms, for the commands that read a verdict back

    try:
        return _verdicts().validate_python(shape)
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


@cache
def _verdicts() -> TypeAdapter[Verdict]:
    from pydantic import TypeAdapter  # noqa: PLC0415

    from swarmscope.prometheus.series import Sample  # noqa: F401, PLC0415  # looked up here, for `Objective.worst`

    return TypeAdapter(Verdict)


def _result(entry: Mapping[str, Any]) -> dict[str, Any]:
    worst = entry["worst_window"]
    objective = {
        **{name: entry[name] for name in ("objective", "bound", "severity", "threshold", "measured", "samples")},
        "method": entry["method"] or "",
        "name": entry["name"] or "",
        "missed_since_seconds": entry.get("missed_since_seconds"),  # which older ones lack
        "worst": {"timestamp_seconds": worst["end_seconds"], "value": worst["value"]} if worst else None,
        **{name: entry[name] for name in ("confidence", "only_warns", "interval") if name in entry},
    }
    return {"objective": objective, "status": entry["status"], "alerts": entry["alerts"]}


def _seconds(moment: str | None) -> float | None:
    return None if moment is None else datetime.fromisoformat(moment).timestamp()


def _parsed(path: Path) -> Any:
    return json.loads(read_text(path), object_pairs_hook=_without_repetition)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        repeated = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"{repeated!r} is there more than once")
    return document


def contradiction_in(verdict: Verdict, exit_code: int) -> str:
    """Return what the evidence in a verdict.json says against its verdict, in words; empty when it agrees."""
    outcome = verdict.outcome
    if exit_code != outcome.exit_code:
        return f"it says {outcome} with exit code {exit_code}, expected {outcome.exit_code}"
    against = next(_against_a_pass(verdict), "") if outcome is Outcome.PASS else ""
    return against and f"it says PASS, yet {against}"


def _against_a_pass(verdict: Verdict) -> Iterator[str]:
    if not verdict.objectives:
        yield "it has no objective"
    for result in verdict.objectives:
        objective, status = result.objective, result.status
        missed = objective.met is not True and objective.severity not in HARMLESS
        if status in {Status.FAIL, Status.NO_DATA, Status.UNDECIDED}:
            yield f"{objective.title} is {status}"
        elif objective.measured is None or missed:
            measured = "not measured" if objective.measured is None else f"measured as {objective.measured:g}"
            yield f"{objective.title} ({objective.bound} {objective.threshold:g}) was {measured}"
        elif objective.is_undecided and not objective.only_warns:
            yield f"{objective.title} is undecided"
    yield from (f"the check {check.name!r} does not hold" for check in verdict.checks if not check.ok)
    yield from (f"it gives the reason {reason!r}" for reason in verdict.reasons)
    if verdict.users.exit_code:
        yield f"the locustfile set process_exit_code to {verdict.users.exit_code}"
    yield from (f"{span.name} fired" for span in verdict.timeline if span.is_breach or span.is_doubt)
