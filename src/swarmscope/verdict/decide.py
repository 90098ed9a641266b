"""The decision, a pure function: evidence in, verdict out.

A fired critical objective is a FAIL, whatever else is wrong, and so is an exit code that the locustfile has set. Else
anything missing, or a fired validity alert, is INCONCLUSIVE. What is left is a PASS.

A saturated generator is not a slow API: where an alert of `SATURATION` fired, a time or a rate that was missed is
INCONCLUSIVE.
"""

from __future__ import annotations

from swarmscope.objectives import MIN_ENDPOINT_REQUESTS, WORST_ENDPOINT, Objective
from swarmscope.verdict.alert_spans import alert_spans
from swarmscope.verdict.completeness import checks
from swarmscope.verdict.evidence import Evidence
from swarmscope.verdict.user_checks import TASKS_CHECK
from swarmscope.verdict.verdict import AlertSpan, Check, ObjectiveResult, Outcome, Status, Verdict

#: Alerts that say that the load generator itself was too slow to send, or to take the time.
SATURATION = frozenset({"GeneratorCpuSaturated", "GeneratorLoopBlocked", "GeneratorLoopLagHigh"})


def decide(evidence: Evidence) -> Verdict:
    """Judge a run; total: any evidence has a verdict, and without evidence it is never PASS."""
    timeline = alert_spans(evidence.alerts, evidence.evaluation_interval_seconds)
    objectives = tuple(_judge(objective, timeline) for objective in evidence.objectives)
    items = (*checks(evidence), *_contradictions(objectives))
    breaches = [span for span in timeline if span.is_breach]
    doubtful = _measured_by_saturated_generator(timeline)
    failures = [*(_sentence(span, evidence) for span in breaches if span not in doubtful), *_own_check(evidence)]
    doubts = [
        *(f"{_sentence(span, evidence)}, as measured by a saturated generator" for span in doubtful),
        *(f"{item.name}: {item.figure}" for item in _causes_first(items, evidence) if not item.ok),
        *(_sentence(span, evidence) for span in timeline if span.is_doubt),
    ]
    outcome = Outcome.FAIL if failures else Outcome.INCONCLUSIVE if doubts else Outcome.PASS
    reasons = tuple(dict.fromkeys((*failures, *_telling(evidence, doubts))))
    warnings = (*evidence.warnings, *_without_gate(timeline, evidence))
    return Verdict(
        outcome,
        reasons,
        objectives,
        items,
        timeline,
        run=evidence.run,
        ledger=evidence.ledger,
        figures=evidence.figures,
        users=evidence.users,
        peak_users=evidence.peak_users,
        user_seconds=evidence.user_seconds,
        warnings=warnings,
    )


def _causes_first(items: tuple[Check, ...], evidence: Evidence) -> list[Check]:
    """Return the checks in order; that of tasks first where users did not even begin, since the others follow."""
    first = TASKS_CHECK if evidence.users.never_began else ""
    return sorted(items, key=lambda item: item.name != first)


def _measured_by_saturated_generator(timeline: tuple[AlertSpan, ...]) -> list[AlertSpan]:
    if not any(span.is_doubt and span.name in SATURATION for span in timeline):
        return []
    return [span for span in timeline if span.is_breach and span.is_time_or_rate]


def _without_gate(timeline: tuple[AlertSpan, ...], evidence: Evidence) -> tuple[str, ...]:
    fired = (span for span in timeline if span.state == "firing" and not span.gate)
    return tuple(dict.fromkeys(f"{_sentence(span, evidence)}: it has no gate, so it decides nothing" for span in fired))


def _telling(evidence: Evidence, doubts: list[str]) -> list[str]:
    """Return the doubts; of a run that Prometheus has nothing of, those that name the cause."""
    if evidence.exporter_up or evidence.alerts:
        return doubts
    return [doubt for doubt in doubts if doubt.startswith(("evidence: ", "run: "))] or doubts


def _judge(objective: Objective, timeline: tuple[AlertSpan, ...]) -> ObjectiveResult:
    subject = " ".join(part for part in objective.key if part)
    fired = tuple(
        dict.fromkeys(
            span.name
            for span in timeline
            if span.state == "firing"
            and span.gate == "objective"
            and (span.subject, span.severity) == (subject, objective.severity)
        )
    )
    return ObjectiveResult(objective, _status(objective, fired), fired)


def _status(objective: Objective, fired: tuple[str, ...]) -> Status:
    if fired or objective.met is False:
        return Status.FAIL if objective.severity == "critical" else Status.WARNING
    return Status.NO_DATA if objective.measured is None else Status.PASS


def _contradictions(objectives: tuple[ObjectiveResult, ...]) -> tuple[Check, ...]:
    """Return a critical objective that was missed although no alert fired: the rules did not do their work."""
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


def _own_check(evidence: Evidence) -> list[str]:
    """Return what the locustfile itself has found."""
    code = evidence.users.exit_code
    return [f"the locustfile's own check: it set process_exit_code to {code}"] if code else []


def _sentence(span: AlertSpan, evidence: Evidence) -> str:
    worst = _worst_endpoint(evidence) if span.subject == WORST_ENDPOINT else ""
    subject = ": ".join(filter(None, (span.subject, worst)))
    return f"{span.name} fired" + (f" ({subject})" if subject else "")


def _worst_endpoint(evidence: Evidence) -> str:
    """Return the endpoint that the objective of all endpoints speaks of, such as ``POST /checkout, 14 of 14``."""
    own = {(o.method, o.name) for o in evidence.objectives if o.objective == WORST_ENDPOINT}
    judged = (
        each
        for each in evidence.figures.endpoint_errors
        if each.requests >= MIN_ENDPOINT_REQUESTS and (each.method, each.name) not in own
    )
    worst = next(judged, None)
    return f"{worst.method} {worst.name}, {worst.failures} of {worst.requests}" if worst is not None else ""
