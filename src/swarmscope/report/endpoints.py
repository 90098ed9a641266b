"""The tables that load testers live by: endpoints with their times, and what failed requests said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from swarmscope.objectives import LATENCY_FIGURES, figure_of, headroom, headroom_of, limit_of
from swarmscope.report.wording import clock
from swarmscope.verdict.evidence import EndpointFigures
from swarmscope.verdict.user_facts import FailureMessage
from swarmscope.verdict.verdict import ObjectiveResult

_MISSING = float("-inf")
_TIME = "_seconds"
#: Which threshold of an endpoint the table shows, where it has several.
_SHOWN_FIRST = ("p95", "p99", *LATENCY_FIGURES)


@dataclass(frozen=True)
class Shown:
    """A figure as people read it, and what a column is sorted by."""

    text: str
    sort: float


@dataclass(frozen=True)
class EndpointLine:
    """``slowest`` is the bucket edge above the slowest request; ``limit`` is empty without a threshold for a time.

    ``headroom`` is the share of the threshold that was left, and negative where it was missed.
    """

    endpoint: str
    requests: Shown
    per_second: Shown
    failures: Shown
    p50: Shown
    p95: Shown
    p99: Shown
    slowest: Shown
    limit: str
    headroom: Shown

    @property
    def is_missed(self) -> bool:
        """Whether its threshold for a time was."""
        return _MISSING < self.headroom.sort < 0


@dataclass(frozen=True)
class FailureLine:
    endpoint: str
    error: str
    message: str
    count: int
    first: str
    last: str


def endpoint_lines(
    endpoints: Sequence[EndpointFigures], objectives: Sequence[ObjectiveResult]
) -> tuple[EndpointLine, ...]:
    """Return a line for each endpoint, in their order."""
    return tuple(_line(each, _judging(each, objectives)) for each in endpoints)


def failure_lines(failures: Sequence[FailureMessage]) -> tuple[FailureLine, ...]:
    """Return a line for each kind of failure, in their order."""
    return tuple(
        FailureLine(
            " ".join(filter(None, (each.method, each.name))),
            each.error,
            each.message or "(other messages)",
            each.count,
            clock(each.first_seconds),
            clock(each.last_seconds),
        )
        for each in failures
    )


def _line(each: EndpointFigures, result: ObjectiveResult | None) -> EndpointLine:
    slowest = each.max_seconds
    limit, left = "", None
    if result is not None:
        objective = result.objective
        time = objective.objective.removeprefix("endpoint_").removesuffix(_TIME)
        figure = time.removeprefix("latency_").replace("service_time_", "service ")
        limit = f"{figure} {limit_of(objective.objective, objective.bound, objective.threshold)}"
        left = headroom(objective.measured, objective.threshold, objective.bound)
    return EndpointLine(
        endpoint=" ".join(filter(None, (each.method, each.name))),
        requests=Shown(f"{each.requests:,}", each.requests),
        per_second=Shown(figure_of("_per_second", each.per_second), each.per_second),
        failures=Shown(f"{each.failures:,}", each.failures),
        p50=_time(each.p50_seconds),
        p95=_time(each.p95_seconds),
        p99=_time(each.p99_seconds),
        slowest=Shown(f"≤ {figure_of(_TIME, slowest)}" if slowest is not None else "-", slowest or _MISSING),
        limit=limit,
        headroom=Shown(headroom_of(left), _MISSING if left is None else left),
    )


def _time(seconds: float | None) -> Shown:
    return Shown(figure_of(_TIME, seconds, none="-"), _MISSING if seconds is None else seconds)


def _judging(each: EndpointFigures, objectives: Sequence[ObjectiveResult]) -> ObjectiveResult | None:
    """Return the result that speaks of a time of that endpoint, the critical one first."""
    found = {
        (result.objective.severity == "critical", result.objective.objective): result
        for result in objectives
        if (result.objective.method, result.objective.name) == (each.method, each.name)
    }
    for critical in (True, False):
        for time, figure in product(("latency", "service_time"), _SHOWN_FIRST):
            if (result := found.get((critical, f"endpoint_{time}_{figure}{_TIME}"))) is not None:
                return result
    return None
