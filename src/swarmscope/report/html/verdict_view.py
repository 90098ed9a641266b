"""The top of the report: the verdict with its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swarmscope.objectives import figure_of
from swarmscope.report.advice import recommendation_of
from swarmscope.report.cause import cause_of
from swarmscope.report.coverage import ErrorLine, error_lines, left_out_line
from swarmscope.report.endpoints import FailureLine, endpoint_lines, failure_lines
from swarmscope.report.exceptions import kind_of, lines_of, with_traceback
from swarmscope.report.html.tables import Cell, Table
from swarmscope.report.summary import SummaryLine, summary
from swarmscope.report.wording import (
    breach_of,
    clock,
    details,
    figure,
    interval,
    ledger_of,
    limit,
    moment,
    samples,
    steadiness_of,
    worst,
)
from swarmscope.two_times import two_times
from swarmscope.verdict.evidence import Arrivals, EndpointFigures, Ledger, OwnCost, TracedRequest
from swarmscope.verdict.ledger import ledger_hops
from swarmscope.verdict.user_facts import TaskException
from swarmscope.verdict.verdict import Check, JudgedRun, Moment, ObjectiveResult, Status, Verdict

#: An alert that flaps has many changes.
_MAX_MOMENTS = 100
#: The threshold itself is at two thirds, as the style sheet has it.
_GAUGE_ENDS_AT = 1.5
_ENDPOINT_HEADINGS = (
    *("Endpoint", "Requests", "Rate", "Failures", "p50", "p95", "p99", "Slowest"),
    *("Threshold", "Headroom"),
)
#: Rows that are shown at once, more where more were not met or do not hold; so few more are shown as well.
_OBJECTIVES, _ENDPOINTS, _CHECKS, _TOO_FEW_TO_FOLD = 6, 5, 6, 2
#: What a run may say of itself; the rest are labels of the user's own.
_FIXED = ("host", "environment", "commit")


@dataclass(frozen=True)
class ObjectiveLine:
    """``used`` is the measured value as a share of the threshold, in percent; ``filled`` of the gauge that shows it."""

    title: str
    limit: str
    measured: str
    interval: str
    samples: str
    worst: str
    severity: str
    status: str
    used: float | None
    filled: float


@dataclass(frozen=True)
class HopLine:
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
    cause: str
    two_times: str
    objectives: tuple[ObjectiveLine, ...]  #: what was not met first
    objectives_unfolded: int  #: the others are shown on demand
    checks: tuple[Check, ...]  #: those that do not hold first
    checks_unfolded: int
    evidence: str  #: the checks and the ledger in a line
    ledger: tuple[HopLine, ...]
    moments: tuple[MomentLine, ...]
    moments_left_out: int
    first_breach: str
    headline: tuple[str, ...]
    traces: tuple[TraceLine, ...]
    exceptions: tuple[TaskException, ...]
    tracebacks: tuple[tuple[str, str], ...]  #: of what, and the text
    facts: tuple[tuple[str, str], ...]
    endpoints: Table | None  #: None where no request was made; what missed its threshold first
    endpoints_unfolded: int
    failures: tuple[FailureLine, ...]
    errors: tuple[ErrorLine, ...]  #: where it is not known what the failed requests said
    left_out: str


def judgement_of(judged: JudgedRun) -> Judgement:
    """Return the verdict in words."""
    verdict, figures = judged.verdict, judged.verdict.figures
    moments, exceptions = verdict.moments, verdict.users.exceptions
    return Judgement(
        outcome=verdict.outcome.value,
        reasons=verdict.reasons,
        warnings=verdict.warnings,
        recommendation=recommendation_of(verdict),
        summary=summary(figures, verdict.objectives),
        cause=cause_of(verdict),
        two_times=two_times(figures.measured),
        objectives=tuple(map(_objective, sorted(verdict.objectives, key=_is_met))),
        objectives_unfolded=_unfolded(
            len(verdict.objectives), max(_OBJECTIVES, sum(not _is_met(result) for result in verdict.objectives))
        ),
        checks=tuple(sorted(verdict.checks, key=lambda check: check.ok)),
        checks_unfolded=_unfolded(len(verdict.checks), max(_CHECKS, sum(not check.ok for check in verdict.checks))),
        evidence=_evidence(verdict),
        ledger=_hops(verdict.ledger),
        moments=tuple(map(_moment, moments[:_MAX_MOMENTS])),
        moments_left_out=max(0, len(moments) - _MAX_MOMENTS),
        first_breach=breach_of(verdict),
        headline=_headline(verdict, judged.context),
        traces=tuple(map(_trace, figures.slowest_traces)),
        exceptions=exceptions,
        tracebacks=tuple((kind_of(one), "\n".join(lines_of(one))) for one in with_traceback(exceptions)),
        facts=(*_facts(verdict, judged.context), *_arrivals(verdict.arrivals), *_own_cost(figures.own_cost)),
        endpoints=_endpoints(figures.endpoints, verdict.objectives),
        endpoints_unfolded=_unfolded(len(figures.endpoints), _ENDPOINTS),
        failures=failure_lines(verdict.users.failures),
        errors=() if verdict.users.failures else error_lines(figures.endpoint_errors),
        left_out=left_out_line(figures.left_out),
    )


def _unfolded(rows: int, most: int) -> int:
    return rows if rows <= most + _TOO_FEW_TO_FOLD else most


def _is_met(result: ObjectiveResult) -> bool:
    return result.status is Status.PASS


def _evidence(verdict: Verdict) -> str:
    holding = sum(check.ok for check in verdict.checks)
    return f"{holding} of {len(verdict.checks)} checks hold; {ledger_of(verdict)}"


def _endpoints(endpoints: Sequence[EndpointFigures], objectives: Sequence[ObjectiveResult]) -> Table | None:
    lines = sorted(endpoint_lines(endpoints, objectives), key=lambda line: not line.is_missed)
    rows = tuple(
        (
            Cell(line.endpoint, line.endpoint),
            *(
                Cell(shown.text, shown.sort)
                for shown in (line.requests, line.per_second, line.failures, line.p50, line.p95, line.p99, line.slowest)
            ),
            Cell(line.limit or "-", line.limit),
            Cell(line.headroom.text, line.headroom.sort, "red" if line.is_missed else ""),
        )
        for line in lines
    )
    return Table(_ENDPOINT_HEADINGS, rows, (False, *[True] * 7, False, True)) if rows else None


def _objective(result: ObjectiveResult) -> ObjectiveLine:
    objective = result.objective
    used = _used(objective.measured, objective.threshold)
    return ObjectiveLine(
        title=objective.title,
        limit=limit(objective),
        measured=figure(objective, objective.measured),
        interval=interval(objective),
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


def _hops(ledger: Ledger) -> tuple[HopLine, ...]:
    return tuple(
        HopLine(hop.name.capitalize(), "unknown" if hop.count is None else f"{hop.count:,}", bool(hop.lost))
        for hop in ledger_hops(ledger)
    )


def _moment(change: Moment) -> MomentLine:
    return MomentLine(
        clock=clock(change.seconds),
        change=change.change,
        alert=change.span.name,
        subject=change.span.subject,
        is_first_breach=change.is_first_breach,
    )


def _trace(traced: TracedRequest) -> TraceLine:
    return TraceLine(
        clock=clock(traced.ended_seconds),
        request=f"{traced.method} {traced.name}",
        seconds=figure_of("_seconds", traced.seconds),
        outcome=traced.outcome,
        trace_id=traced.trace_id,
    )


def _arrivals(arrivals: Arrivals | None) -> tuple[tuple[str, str], ...]:
    """Return what became of the arrivals of a run that has some."""
    if arrivals is None:
        return ()
    p50, p99 = (figure_of("_seconds", late) for late in (arrivals.lateness_p50_seconds, arrivals.lateness_p99_seconds))
    counts = f"{arrivals.scheduled:,} scheduled, {arrivals.started:,} started, {arrivals.dropped:,} dropped"
    return (("Arrivals", counts), ("Lateness of arrivals", f"p50 {p50}, p99 {p99}"))


def _own_cost(cost: OwnCost) -> tuple[tuple[str, str], ...]:
    """Return what observing the run cost, where it is known."""
    facts = {
        "Of Locust's CPU for observing": ", ".join(
            f"{part} {figure_of('_ratio', ratio)}" for part, ratio in cost.cpu_ratio.items()
        ),
        "Longest scrape": figure_of("_seconds", cost.scrape_seconds, none=""),
        "Worst event-loop lag": figure_of("_seconds", cost.loop_lag_seconds, none=""),
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _headline(verdict: Verdict, context: Mapping[str, Any]) -> tuple[str, ...]:
    peak, workers = verdict.peak_users, context.get("workers")
    return (
        verdict.run.run_id,
        *([f"{peak:,.0f} users"] if peak else []),
        *([f"{workers} worker{'s' if workers != 1 else ''}"] if workers else []),
        *([f"{verdict.run.load_seconds:.0f} s under load"] if verdict.run.load_seconds else []),
        *([verdict.run.details.host] if verdict.run.details.host else []),
    )


def _facts(verdict: Verdict, context: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    run, peak = verdict.run, verdict.peak_users
    planned = f" of {run.planned_seconds:g} s planned" if run.planned_seconds else ""
    facts = {
        "Run": run.run_id,
        **{name.capitalize() if name in _FIXED else f"Label {name}": value for name, value in details(run.details)},
        "Load began": _date(run.load_start_seconds),
        "Ended": "never declared its end" if run.end_seconds is None else _date(run.end_seconds),
        "Under load": f"{run.load_seconds:.0f} s{planned}",
        "Steadiness": steadiness_of(verdict),
        "Peak users": "" if peak is None else f"{peak:,.0f}",
        "Workers": str(context.get("workers") or ""),
        "Locustfile": context.get("locustfile") or "",
        "Machine": context.get("machine") or "",
        "Versions": ", ".join(f"{name} {number}" for name, number in _versions(context)),
        "To repeat it": context.get("command") or "",
        "Interrupted": run.interrupted,
    }
    return tuple((name, value) for name, value in facts.items() if value)


def _versions(context: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    prometheus = context.get("prometheus_version")
    return (*(context.get("versions") or {}).items(), *([("prometheus", prometheus)] if prometheus else []))


def _date(timestamp_seconds: float) -> str:
    return (moment(timestamp_seconds) or "").replace("T", " ").replace("Z", " UTC")
