"""The decision, a pure function: evidence in, verdict out.

A fired critical objective is a FAIL, whatever else is wrong, and so is an exit code that the locustfile has set. Else
anything missing, or a fired validity alert, is INCONCLUSIVE. What is left is a PASS.

A saturated generator is not a slow API: where an alert of `SATURATION` fired, a time, a rate or a share of dropped
arrivals that was missed is INCONCLUSIVE.
"""

from __future__ import annotations

from swarmscope.objectives import Objective, words_of
from swarmscope.prometheus.names import UNDECIDED_ALERT
from swarmscope.verdict.alert_spans import alert_spans
from swarmscope.verdict.arrival_checks import missed_starts
from swarmscope.verdict.completeness import checks
from swarmscope.verdict.evidence import Evidence, RunFacts
from swarmscope.verdict.reasons import sentence, steadiness_words
from swarmscope.verdict.regression import Regressions
from swarmscope.verdict.sureness import CONFIDENCE_CHECK, only_warned, sureness_checks
from swarmscope.verdict.user_checks import TASKS_CHECK
from swarmscope.verdict.verdict import AlertSpan, Check, ObjectiveResult, Outcome, Status, Verdict

#: Alerts that say that the load generator itself was too slow to send, or to take the time.
SATURATION = frozenset({"GeneratorCpuSaturated", "GeneratorLoopBlocked", "GeneratorLoopLagHigh", "ArrivalsLate"})
#: Alerts, and the check of the evidence that says the same with its figures.
_SAME_AS = {
    "TasksRaised": TASKS_CHECK,
    "UsersBelowTarget": "users",
    "UsersSilent": "hanging users",
    "ExporterNotScraped": "exporter scraped",
    "RuleEvaluationFailed": "rule health",
    "RuleEvaluationMissed": "rule health",
    "ObjectiveWithoutData": "objectives",
    UNDECIDED_ALERT: CONFIDENCE_CHECK,
}


def decide(evidence: Evidence) -> Verdict:
    """Judge a run; total: any evidence has a verdict, and without evidence it is never PASS."""
    timeline = alert_spans(evidence.alerts, evidence.evaluation_interval_seconds)
    objectives = tuple(_judge(objective, timeline) for objective in evidence.objectives)
    regressions = Regressions(evidence.regression_limit, evidence.comparison, evidence.comparison_problem)
    items = (
        *checks(evidence),
        *sureness_checks(evidence.objectives),
        *regressions.checks,
        *_contradictions(objectives),
    )
    breaches = [span for span in timeline if span.is_breach]
    doubtful = _measured_by_saturated_generator(timeline)
    failures = [
        *(sentence(span, timeline, evidence) for span in breaches if span not in doubtful),
        *regressions.failures,
        *_own_check(evidence),
    ]
    doubts = [
        *(f"{sentence(span, timeline, evidence)}, as measured by a saturated generator" for span in doubtful),
        *(f"{item.name}: {item.figure}" for item in _causes_first(items, evidence) if not item.ok),
        *(sentence(span, timeline, evidence) for span in timeline if span.is_doubt and not _is_told(span, items)),
    ]
    outcome = Outcome.FAIL if failures else Outcome.INCONCLUSIVE if doubts else Outcome.PASS
    reasons = tuple(dict.fromkeys((*failures, *_telling(evidence, doubts))))
    warnings = (
        *evidence.warnings,
        *_long_ramp(evidence.run),
        *_never_steady(evidence),
        *missed_starts(evidence.users),
        *only_warned(evidence.objectives),
        *_without_gate(timeline, evidence),
    )
    return Verdict(
        outcome,
        reasons,
        (*objectives, *regressions.results),
        items,
        timeline,
        run=evidence.run,
        ledger=evidence.ledger,
        figures=evidence.figures,
        users=evidence.users,
        peak_users=evidence.peak_users,
        user_seconds=evidence.user_seconds,
        arrivals=evidence.arrivals,
        warnings=warnings,
        steadiness=evidence.steadiness,
    )


def _causes_first(items: tuple[Check, ...], evidence: Evidence) -> list[Check]:
    """Return the checks in order; that of tasks first where users did not even begin, since the others follow."""
    first = TASKS_CHECK if evidence.users.never_began else ""
    return sorted(items, key=lambda item: item.name != first)


def _long_ramp(run: RunFacts) -> tuple[str, ...]:
    """Return a sentence on a run of which most was its ramp: what is slow there is judged by no objective."""
    begin, judged = run.phases.get("ramp"), run.phases.get("steady")
    if begin is None or judged is None or run.interrupted or 2 * (judged - begin) <= run.load_seconds:
        return ()
    ramp, load = judged - begin, run.load_seconds
    told = f"only {load - ramp:.0f} s of {load:.0f} s were judged: the ramp took {ramp:.0f} s"
    return (f"{told}; run for longer, or start the users faster (--spawn-rate)",)


def _never_steady(evidence: Evidence) -> tuple[str, ...]:
    """Return a sentence on a run whose figures are of no steady state."""
    found = evidence.steadiness
    if found is None or found.since_seconds is not None:
        return ()
    told = steadiness_words(found, evidence.run.load_start_seconds)
    return (f"the run {told}; run for longer, or look for what changes: a cache that fills, a leak, other load",)


def _measured_by_saturated_generator(timeline: tuple[AlertSpan, ...]) -> list[AlertSpan]:
    if not any(span.is_doubt and span.name in SATURATION for span in timeline):
        return []
    return [span for span in timeline if span.is_breach and span.may_be_of_generator]


def _is_told(span: AlertSpan, items: tuple[Check, ...]) -> bool:
    """Return whether a check that does not hold has told the cause, for an objective by its name."""
    same = next((item for item in items if item.name == _SAME_AS.get(span.name) and not item.ok), None)
    if same is None or span.name != "ObjectiveWithoutData":
        return same is not None
    objective, _, endpoint = span.subject.partition(" ")
    return " ".join(filter(None, (words_of(objective), endpoint))) in same.figure


def _without_gate(timeline: tuple[AlertSpan, ...], evidence: Evidence) -> tuple[str, ...]:
    fired = (span for span in timeline if span.state == "firing" and not span.gate)
    return tuple(
        dict.fromkeys(f"{sentence(span, timeline, evidence)}: it has no gate, so it decides nothing" for span in fired)
    )


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
    return ObjectiveResult(objective, status_of(objective, fired), fired)


def status_of(objective: Objective, fired: tuple[str, ...]) -> Status:
    """Return how an objective is told, given the names of the alerts that fired for it."""
    if fired or objective.met is False:
        return Status.FAIL if objective.severity == "critical" else Status.WARNING
    if objective.measured is None:
        return Status.NO_DATA
    return Status.UNDECIDED if objective.is_undecided and not objective.only_warns else Status.PASS


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
