"""The decision, a pure function: evidence in, verdict out.

A fired critical objective is a FAIL, whatever else is wrong. Else anything missing, or a fired validity alert, is
INCONCLUSIVE. What is left is a PASS.
"""

from __future__ import annotations

from scripts.judging.completeness import checks
from scripts.judging.evidence import Evidence, Objective, Series
from scripts.judging.verdict import AlertSpan, Check, ObjectiveResult, Outcome, Status, Verdict

#: Alerts that say that the rules do their work, and nothing of the run.
WATCH_GATE = "watch"
_SUBJECT_LABELS = ("objective", "method", "name", "transaction", "worker", "instance")


def decide(evidence: Evidence) -> Verdict:
    """Judges a run; total: any evidence has a verdict, and without evidence it is never PASS."""
    timeline = _timeline(evidence)
    objectives = tuple(_judge(objective, timeline) for objective in evidence.objectives)
    items = (*checks(evidence), *_contradictions(objectives))
    failures = [_sentence(span) for span in timeline if _is(span, "objective", "critical")]
    doubts = [
        *(_sentence(span) for span in timeline if _is(span, "validity", "critical")),
        *(f"{item.name}: {item.figure}" for item in items if not item.ok),
    ]
    outcome = Outcome.FAIL if failures else Outcome.INCONCLUSIVE if doubts else Outcome.PASS
    reasons = tuple(dict.fromkeys((*failures, *doubts)))
    return Verdict(outcome, reasons, objectives, items, timeline, evidence)


def _timeline(evidence: Evidence) -> tuple[AlertSpan, ...]:
    spans = [_span(series) for series in evidence.alerts if series.samples and _speaks(series)]
    return tuple(sorted(spans, key=lambda span: (span.first_seconds, span.name, span.state)))


def _speaks(series: Series) -> bool:
    return series.labels.get("gate") != WATCH_GATE


def _span(series: Series) -> AlertSpan:
    labels = series.labels
    return AlertSpan(
        name=labels.get("alertname", ""),
        state=labels.get("alertstate", ""),
        # An alert that forgot to say how bad it is counts as the worst.
        severity=labels.get("severity", "critical"),
        gate=labels.get("gate", "validity"),
        subject=" ".join(labels[label] for label in _SUBJECT_LABELS if labels.get(label)),
        first_seconds=series.samples[0].timestamp_seconds,
        last_seconds=series.samples[-1].timestamp_seconds,
    )


def _is(span: AlertSpan, gate: str, severity: str) -> bool:
    return (span.state, span.gate, span.severity) == ("firing", gate, severity)


def _judge(objective: Objective, timeline: tuple[AlertSpan, ...]) -> ObjectiveResult:
    subject = " ".join(part for part in objective.key if part)
    fired = tuple(
        dict.fromkeys(
            span.name
            for span in timeline
            if span.state == "firing" and span.gate == "objective" and span.subject == subject
        )
    )
    return ObjectiveResult(objective, _status(objective, fired), fired)


def _status(objective: Objective, fired: tuple[str, ...]) -> Status:
    if fired or objective.met is False:
        return Status.FAIL if objective.severity == "critical" else Status.WARNING
    return Status.NO_DATA if objective.measured is None else Status.PASS


def _contradictions(objectives: tuple[ObjectiveResult, ...]) -> tuple[Check, ...]:
    """A critical objective that was missed although no alert fired: the rules did not do their work."""
    return tuple(
        Check(
            "alerts",
            ok=False,
            figure=f"{result.objective.title} measured {result.objective.measured:g} against"
            f" {result.objective.threshold:g}, yet no alert fired",
        )
        for result in objectives
        if result.objective.met is False and not result.alerts and result.objective.severity == "critical"
    )


def _sentence(span: AlertSpan) -> str:
    return f"{span.name} fired" + (f" ({span.subject})" if span.subject else "")
