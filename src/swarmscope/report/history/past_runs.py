"""The runs below a folder, as their verdict.json tells of them; Prometheus is not needed."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from swarmscope.project.files import decoded
from swarmscope.report.capacity.json_text import CAPACITY_FILE
from swarmscope.verdict.integrity import EDITED, is_edited
from swarmscope.verdict.stored import SCHEMA_VERSION, VERDICT_FILE
from swarmscope.verdict.verdict import Outcome

#: The objective of all requests that the trend has a threshold of.
_P95 = "latency_p95_seconds"
#: Written by `swarmscope verdict`: a run that is judged again is not another run.
_JUDGED_AGAIN, _WHAT_IF = "judged-again", "what-if-"
_NOT_ENTERED = frozenset({"node_modules", "__pycache__", _JUDGED_AGAIN})


@dataclass(frozen=True)
class PastRun:
    """One run; figures leave the ramp out, and are None where they are not known.

    ``folder`` is relative to the folder that was searched, and ``began_seconds`` since the epoch. ``load_seconds`` is
    how long it was under load, ``p95_limit_seconds`` the critical threshold of the p95 of all requests.
    """

    run_id: str
    scenario: str
    verdict: str
    exit_code: int
    began_seconds: float
    folder: str
    load_seconds: float | None = None
    users: float | None = None
    requests: float | None = None
    requests_per_second: float | None = None
    latency_p50_seconds: float | None = None
    latency_p95_seconds: float | None = None
    latency_p99_seconds: float | None = None
    p95_limit_seconds: float | None = None
    error_ratio: float | None = None
    host: str = ""
    environment: str = ""
    commit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class PastRuns:
    """The runs, oldest first, and of each folder that was left out a line that says why."""

    runs: tuple[PastRun, ...]
    skipped: tuple[str, ...] = ()


def past_runs(results: Path) -> PastRuns:
    """Return the runs in a folder and in the folders below it: results, or artefacts of CI jobs."""
    runs: list[PastRun] = []
    skipped: list[str] = []
    seen: dict[bytes, Path] = {}
    for folder in run_folders(results):
        path = folder / VERDICT_FILE
        try:
            content = path.read_bytes()
            document = json.loads(decoded(content))
            run = _past_run(document, folder.relative_to(results))
        except (OSError, ValueError, RecursionError) as error:
            skipped.append(f"{path}: {_why(error)}")
            continue
        if is_edited(document):
            skipped.append(f"{path}: it {EDITED}")
            continue
        first = seen.setdefault(hashlib.sha256(content).digest(), folder)
        if first is folder:
            runs.append(run)
        else:
            skipped.append(f"{path}: the same run as {first}")
    return PastRuns(tuple(sorted(runs, key=_order)), tuple(skipped))


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    return f"not JSON: {error}" if isinstance(error, json.JSONDecodeError) else str(error)


def _order(run: PastRun) -> tuple[float, int, str]:
    """Return what runs are sorted by; of the same second ID-2 comes before ID-10."""
    return (run.began_seconds, len(run.run_id), run.run_id)


def run_folders(results: Path) -> Iterator[Path]:
    """Yield the folders with a verdict.json; what is below one belongs to that run.

    The steps of a search for a capacity do not count as runs of their scenario: each has another load.
    """
    for place, folders, files in os.walk(results):
        if VERDICT_FILE in files:
            folders.clear()
            yield Path(place)
        elif CAPACITY_FILE in files:
            folders.clear()
        else:
            folders[:] = sorted(name for name in folders if _is_entered(name))


def _is_entered(name: str) -> bool:
    return name not in _NOT_ENTERED and not name.startswith((".", _WHAT_IF))


def _past_run(document: object, folder: Path) -> PastRun:
    """Return what a verdict.json says; raise ValueError when it is not one of ours."""
    whole = _table(document, "verdict.json")
    if whole.get("schema") != SCHEMA_VERSION:
        raise ValueError(f"schema {whole.get('schema')!r}: expected a verdict of schema {SCHEMA_VERSION}")
    run, figures = _table(whole.get("run"), "run"), _table(whole.get("figures") or {}, "figures")
    measured = _table(figures.get("measured") or {}, "figures.measured")
    outcome = _outcome(whole.get("verdict"))
    return PastRun(
        run_id=_text(run, "run_id"),
        scenario=_text(run, "scenario"),
        verdict=outcome.value,
        exit_code=int(outcome.exit_code),
        began_seconds=_moment(run, "start"),
        folder=folder.as_posix(),
        load_seconds=_load_seconds(run),
        users=_number(run, "peak_users"),
        requests=_number(figures, "requests"),
        requests_per_second=_number(measured, "throughput_requests_per_second"),
        latency_p50_seconds=_number(measured, "latency_p50_seconds"),
        latency_p95_seconds=_number(measured, _P95),
        latency_p99_seconds=_number(measured, "latency_p99_seconds"),
        p95_limit_seconds=_p95_limit(whole.get("objectives")),
        error_ratio=_number(measured, "error_ratio"),
        **{name: str(run.get(name) or "") for name in ("host", "environment", "commit")},
        labels={str(name): str(value) for name, value in _table(run.get("labels") or {}, "run.labels").items()},
        reasons=tuple(map(str, _list(whole.get("reasons")))),
    )


def _outcome(value: object) -> Outcome:
    try:
        return Outcome(str(value))
    except ValueError:
        raise ValueError(f"verdict {value!r}: expected {', '.join(Outcome)}") from None


def _load_seconds(run: Mapping[str, Any]) -> float | None:
    phases = _table(run.get("phases") or {}, "run.phases")
    begin = _number(run, "load_start_seconds")
    ended = phases.get("stopping") or run.get("end")
    if begin is None or not ended:
        return None
    return max(0.0, _moment({"end": ended}, "end") - begin)


def _p95_limit(objectives: object) -> float | None:
    for each in _list(objectives):
        of = _table(each, "objectives")
        if (of.get("objective"), of.get("method"), of.get("name"), of.get("severity")) == (
            _P95,
            None,
            None,
            "critical",
        ):
            return _number(of, "threshold")
    return None


def _table(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {_kind(value)}: expected an object, as in a verdict.json")  # noqa: TRY004
    return value


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise ValueError(f"run.{name} is {_kind(value)}: expected a text")
    return value


def _number(table: Mapping[str, Any], name: str) -> float | None:
    value = table.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} is {_kind(value)}: expected a number")
    return value


def _moment(table: Mapping[str, Any], name: str) -> float:
    try:
        return datetime.fromisoformat(str(table.get(name))).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(f"run.{name} is {table.get(name)!r}: expected a time such as 2026-01-31T14:25:01Z") from None


def _kind(value: object) -> str:
    return {dict: "an object", list: "a list", str: "a text", type(None): "not there"}.get(type(value), repr(value))
