"""What the verdict would have been with other thresholds: a pure function on what was measured over the whole run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from swarmscope.objectives import Objective
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.user_checks import TASK_EXCEPTION_OBJECTIVE

WHAT_IF_ALERT = "ObjectiveMissedOverRun"
#: Does not fire where an objective decides on exceptions in tasks.
TASKS_RAISED_ALERT = "TasksRaised"


@dataclass(frozen=True)
class Limit:
    """A threshold that is to be supposed."""

    objective: str
    bound: str
    severity: str
    threshold: float
    method: str = ""
    name: str = ""


def under(evidence: Evidence, limits: Iterable[Limit]) -> Evidence:
    """The evidence as it would be had these thresholds been in force, and no others.

    Every alert that speaks of an objective is left out, as it compares with a threshold that was; an objective that was
    missed over the whole run fires instead. Alerts on the last minute cannot be had: they may have fired, too.
    """
    known = {objective.key: objective for objective in evidence.objectives}
    measured = {**evidence.measured, **{key: (o.measured, o.samples) for key, o in known.items()}}
    objectives = tuple(_objective(limit, measured, known) for limit in limits)
    end = evidence.run.end_seen_seconds or evidence.run.load_start_seconds
    kept = tuple(series for series in evidence.alerts if not series.labels.get("objective"))
    if any(o.objective == TASK_EXCEPTION_OBJECTIVE and o.severity == "critical" for o in objectives):
        kept = tuple(series for series in kept if series.labels.get("alertname") != TASKS_RAISED_ALERT)
    fired = tuple(_fired(objective, end) for objective in objectives if objective.met is False)
    supposed = tuple(_constant(evidence, objective) for objective in objectives)
    return replace(evidence, objectives=objectives, alerts=(*kept, *fired), thresholds=supposed)


def _objective(
    limit: Limit,
    measured: dict[tuple[str, str, str], tuple[float | None, float | None]],
    known: dict[tuple[str, str, str], Objective],
) -> Objective:
    key = (limit.objective, limit.method, limit.name)
    value, samples = measured.get(key, (None, None))
    same = known.get(key)
    return Objective(
        objective=limit.objective,
        bound=limit.bound,
        severity=limit.severity,
        threshold=limit.threshold,
        measured=value,
        samples=samples,
        method=limit.method,
        name=limit.name,
        worst=same.worst if same is not None and same.bound == limit.bound else None,
    )


def _fired(objective: Objective, at_seconds: float) -> Series:
    labels = {"alertname": WHAT_IF_ALERT, "alertstate": "firing", "gate": "objective", "severity": objective.severity}
    return Series({**labels, **_labels(objective)}, (Sample(at_seconds, 1.0),))


def _constant(evidence: Evidence, objective: Objective) -> Series:
    """A supposed threshold holds for as long as the real ones were recorded."""
    times = max((series.samples for series in evidence.thresholds), key=len, default=())
    samples = tuple(replace(sample, value=objective.threshold) for sample in times)
    return Series({**_labels(objective), "bound": objective.bound}, samples)


def _labels(objective: Objective) -> dict[str, str]:
    given = {"objective": objective.objective, "method": objective.method, "name": objective.name}
    return {label: value for label, value in given.items() if value}
