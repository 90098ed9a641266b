"""The top of the report: the verdict with its evidence, from verdict.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swarmscope.objectives import figure_of
from swarmscope.report.coverage import ErrorLine, error_lines, left_out_line
from swarmscope.report.exceptions import kind_of, lines_of, with_traceback
from swarmscope.report.summary import SummaryLine, summary
from swarmscope.report.wording import clock, figure, limit, samples, worst
from swarmscope.verdict.evidence import EndpointErrors, Figures, LeftOut
from swarmscope.verdict.stored import result_of
from swarmscope.verdict.user_facts import TaskException, Told
from swarmscope.verdict.verdict import ObjectiveResult

#: An alert that flaps has many changes.
_MAX_MOMENTS = 100
#: The threshold itself is at two thirds, as the style sheet has it.
_GAUGE_ENDS_AT = 1.5


@dataclass(frozen=True)
class ObjectiveLine:
    """``used`` is the measured value as a share of the threshold, in percent; ``filled`` of the gauge that shows it."""

    title: str
    limit: str
    measured: str
    samples: str
    worst: str
    severity: str
    status: str
    used: float | None
    filled: float


@dataclass(frozen=True)
class Hop:
    """Where requests were counted; ``differs`` from the hop before."""

    name: str
    count: str
    differs: bool


@dataclass(frozen=True)
class MomentLine:
    clock: str
    change: str
    alert: str
    subject: str
    is_first_breach: bool


@dataclass(frozen=True)
class CheckLine:
    name: str
    figure: str
    ok: bool


@dataclass(frozen=True)
class TraceLine:
    """A traced request, of which the trace tells where its time went."""

    clock: str
    request: str
    seconds: str
    outcome: str
    trace_id: str


@dataclass(frozen=True)
class Judgement:
    outcome: str
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    recommendation: tuple[str, ...]
    summary: tuple[SummaryLine, ...]
    objectives: tuple[ObjectiveLine, ...]
    checks: tuple[CheckLine, ...]
    ledger: tuple[Hop, ...]
    moments: tuple[MomentLine, ...]
    moments_left_out: int
    first_breach: str
    headline: tuple[str, ...]
    traces: tuple[TraceLine, ...]
    exceptions: tuple[TaskException, ...]
    tracebacks: tuple[tuple[str, str], ...]  #: of what, and the text
    facts: tuple[tuple[str, str], ...]
    errors: tuple[ErrorLine, ...]
    left_out: str


def judgement_of(document: Mapping[str, Any]) -> Judgement:
    """Return what verdict.json says, in words; raise KeyError, TypeError or ValueError when it is not a verdict."""
    results = tuple(result_of(entry) for entry in document["objectives"])
    moments, breach = document["timeline"], document["first_breach"]
    exceptions = Told.of(document).exceptions
    return Judgement(
        outcome=document["verdict"],
        reasons=tuple(document["reasons"]),
        warnings=tuple(document.get("warnings") or ()),
        recommendation=tuple(document["recommendation"]),
        summary=summary(Figures(**document["figures"]), results),
        objectives=tuple(map(_objective, results)),
        checks=tuple(CheckLine(entry["name"], entry["figure"], entry["ok"]) for entry in document["completeness"]),
        ledger=_hops(document["ledger"]),
        moments=tuple(map(_moment, moments[:_MAX_MOMENTS])),
        moments_left_out=max(0, len(moments) - _MAX_MOMENTS),
        first_breach=f"{breach['name']} {breach['subject']} at {clock(breach['first_seconds'])} UTC" if breach else "",
        headline=_headline(document),
        traces=tuple(map(_trace, document["figures"].get("slowest_traces") or ())),
        exceptions=exceptions,
        tracebacks=tuple((kind_of(one), "\n".join(lines_of(one))) for one in with_traceback(exceptions)),
        facts=(*_facts(document), *_own_cost(document["figures"].get("own_cost") or {})),
        errors=error_lines([EndpointErrors(**each) for each in document["figures"].get("endpoint_errors") or ()]),
        left_out=left_out_line([LeftOut(**each) for each in document["figures"].get("left_out") or ()]),
    )


def _objective(result: ObjectiveResult) -> ObjectiveLine:
    objective = result.objective
    used = _used(objective.measured, objective.threshold)
    return ObjectiveLine(
        title=objective.title,
        limit=limit(objective),
        measured=figure(objective, objective.measured),
        samples=samples(objective),
        worst=worst(objective),
        severity=objective.severity,
        status=result.status.value,
        used=None if used is None else round(used * 100, 1),
        filled=round(min(used or 0.0, _GAUGE_ENDS_AT) / _GAUGE_ENDS_AT * 100, 1),
    )


def _used(measured: float | None, threshold: float) -> float | None:
    if measured is None or not threshold:
        return None
    return max(0.0, measured / threshold)


def _hops(ledger: Mapping[str, Any]) -> tuple[Hop, ...]:
    workers = sum(ledger["workers"].values()) if ledger["workers"] else None
    counts = [("Workers", workers), *((name, ledger[name.lower()]) for name in ("Locust", "Exporter", "Prometheus"))]
    hops, before = [], None
    for name, count in counts:
        differs = count is not None and before is not None and count != before
        hops.append(Hop(name, "unknown" if count is None else f"{count:,}", differs))
        before = before if count is None else count
    return tuple(hops)


def _moment(entry: Mapping[str, Any]) -> MomentLine:
    return MomentLine(
        clock=clock(entry["seconds"]),
        change=entry["change"],
        alert=entry["alert"],
        subject=entry["subject"] or "",
        is_first_breach=entry["first_breach"],
    )


def _trace(entry: Mapping[str, Any]) -> TraceLine:
    return TraceLine(
        clock=clock(entry["ended_seconds"]),
        request=f"{entry['method']} {entry['name']}",
        seconds=figure_of("_seconds", entry["seconds"]),
        outcome=entry["outcome"],
        trace_id=entry["trace_id"],
    )


def _own_cost(cost: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what observing the run cost, where it is known."""
    parts = ", ".join(f"{part} {figure_of('_ratio', ratio)}" for part, ratio in (cost.get("cpu_ratio") or {}).items())
    facts = {
        "Of Locust's CPU for observing": parts,
        "Longest scrape": _known("_seconds", cost.get("scrape_seconds")),
        "Worst event-loop lag": _known("_seconds", cost.get("loop_lag_seconds")),
        "Late sends": _known("", cost.get("late_sends")),
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _known(unit: str, value: float | None) -> str:
    return "" if value is None else figure_of(unit, value)


def _headline(document: Mapping[str, Any]) -> tuple[str, ...]:
    run, context = document["run"], document["context"]
    peak, workers = run.get("peak_users"), context.get("workers")
    return (
        run["run_id"],
        *([f"{peak:,.0f} users"] if peak else []),
        *([f"{workers} worker{'s' if workers != 1 else ''}"] if workers else []),
    )


def _facts(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    run, context = document["run"], document["context"]
    peak, seconds = run.get("peak_users"), context.get("run_time_seconds")
    facts = {
        "Run": run["run_id"],
        "Load began": (run["load_start"] or "").replace("T", " ").replace("Z", " UTC"),
        "Ended": (run["end"] or "never declared its end").replace("T", " ").replace("Z", " UTC"),
        "Asked for": f"{seconds:g} s" if seconds else "",
        "Peak users": "" if peak is None else f"{peak:,.0f}",
        "Workers": str(context.get("workers") or ""),
        "Locustfile": context.get("locustfile") or "",
        "Machine": context.get("machine") or "",
        "Prometheus": context.get("prometheus_version") or "",
        "Interrupted": run.get("interrupted") or "",
    }
    return tuple((name, value) for name, value in facts.items() if value)
