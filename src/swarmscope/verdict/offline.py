"""Judging by Locust's statistics alone: for stored results, where Prometheus is gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from swarmscope.objectives import WORST_ENDPOINT, Objective
from swarmscope.verdict.evidence import Figures
from swarmscope.verdict.locust_csv import LocustStats
from swarmscope.verdict.verdict import ObjectiveResult, Outcome, Status

_FIGURES = ("error_ratio", "latency_mean_seconds", "latency_p95_seconds", "throughput_requests_per_second")


def judge(stats: LocustStats, objectives: Sequence[Objective]) -> tuple[ObjectiveResult, ...]:
    """Those objectives that the statistics can answer, each with what they say of it."""
    return tuple(
        _judged(_measured(stats, objective, objectives))
        for objective in objectives
        if stats.can_answer(objective.objective)
    )


def _measured(stats: LocustStats, objective: Objective, objectives: Sequence[Objective]) -> Objective:
    if objective.key != (WORST_ENDPOINT, "", ""):
        return replace(objective, measured=stats.measured(objective), samples=stats.samples(objective))
    own = {(other.method, other.name) for other in objectives if other.objective == WORST_ENDPOINT}
    ratio = stats.worst_error_ratio(without=own)
    return replace(objective, measured=ratio, samples=float(stats.total.requests))


def outcome_of(results: Sequence[ObjectiveResult]) -> Outcome:
    """FAIL when a critical objective was missed; INCONCLUSIVE when one has no data, or there is none; else PASS."""
    statuses = {result.status for result in results}
    if Status.FAIL in statuses:
        return Outcome.FAIL
    return Outcome.INCONCLUSIVE if Status.NO_DATA in statuses or not results else Outcome.PASS


def figures_of(stats: LocustStats) -> Figures:
    """The figures of the whole run, its ramp included: Locust does not tell them apart."""
    measured = {name: stats.measured(Objective(name, "max", "critical", 0.0, None, None)) for name in _FIGURES}
    return Figures(
        requests=stats.total.requests,
        failures=stats.total.failures,
        measured={name: value for name, value in measured.items() if value is not None},
    )


def _judged(objective: Objective) -> ObjectiveResult:
    return ObjectiveResult(objective, _status(objective), ())


def _status(objective: Objective) -> Status:
    if objective.met is None:
        return Status.NO_DATA
    if objective.met:
        return Status.PASS
    return Status.FAIL if objective.severity == "critical" else Status.WARNING
