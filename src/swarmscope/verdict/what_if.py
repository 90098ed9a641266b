"""What the verdict would have been with other thresholds: a pure function on what was measured over the whole run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from swarmscope.objectives import DEFAULT_CONFIDENCE, Key, Objective, Threshold
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.user_checks import TASK_EXCEPTION_OBJECTIVE

WHAT_IF_ALERT = "ObjectiveMissedOverRun"
#: Does not fire where an objective decides on exceptions in tasks.
TASKS_RAISED_ALERT = "TasksRaised"


def under(evidence: Evidence, thresholds: Iterable[Threshold]) -> Evidence:
    """Return the evidence as it would be had these thresholds been in force, and no others.

    Every alert that speaks of an objective is left out, as it compares with a threshold that was; an objective that was
    missed over the whole run fires instead. Alerts on the last minute cannot be had: they may have fired, too.
    """
    known = {objective.key: objective for objective in evidence.objectives}
    measured = {**evidence.measured, **{key: (o.measured, o.samples) for key, o in known.items()}}
    objectives = tuple(_objective(threshold, measured, known) for threshold in thresholds)
    end = evidence.run.end_seen_seconds or evidence.run.load_start_seconds
    kept = tuple(series for series in evidence.alerts if not series.labels.get("objective"))
    if any(o.objective == TASK_EXCEPTION_OBJECTIVE and o.severity == "critical" for o in objectives):
        kept = tuple(series for series in kept if series.labels.get("alertname") != TASKS_RAISED_ALERT)
    fired = tuple(_fired(objective, end) for objective in objectives if objective.met is False)
    supposed = tuple(_constant(evidence, objective) for objective in objectives)
    return replace(evidence, objectives=objectives, alerts=(*kept, *fired), thresholds=supposed)


def _objective(
    threshold: Threshold,
    measured: dict[Key, tuple[float | None, float | None]],
    known: dict[Key, Objective],
) -> Objective:
    value, samples = measured.get(threshold.key, (None, None))
    same = known.get(threshold.key)
    return Objective(
        objective=threshold.objective,
        bound=threshold.bound,
        severity=threshold.severity,
        threshold=threshold.value,
        measured=value,
        samples=samples,
        method=threshold.method,
        name=threshold.name,
        worst=same.worst if same is not None and same.bound == threshold.bound else None,
        confidence=DEFAULT_CONFIDENCE if threshold.confidence is None else threshold.confidence,
        only_warns=threshold.severity != "critical",
    )


def _fired(objective: Objective, at_seconds: float) -> Series:
    labels = {"alertname": WHAT_IF_ALERT, "alertstate": "firing", "gate": "objective", "severity": objective.severity}
    return Series({**labels, **_labels(objective)}, (Sample(at_seconds, 1.0),))


def _constant(evidence: Evidence, objective: Objective) -> Series:
    """Return a supposed threshold holds for as long as the real ones were recorded."""
    times = max((series.samples for series in evidence.thresholds), key=len, default=())
    samples = tuple(replace(sample, value=objective.threshold) for sample in times)
    return Series({**_labels(objective), "bound": objective.bound}, samples)


def _labels(objective: Objective) -> dict[str, str]:
    given = {"objective": objective.objective, "method": objective.method, "name": objective.name}
    return {label: value for label, value in given.items() if value}
