"""verdict.json: everything, for programs. The schema is described in docs/verdict-schema.md."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from swarmscope.prometheus.series import Sample
from swarmscope.report.advice import recommendation_of
from swarmscope.report.wording import moment
from swarmscope.verdict.integrity import DIGEST, digest_of
from swarmscope.verdict.stored import SCHEMA_VERSION
from swarmscope.verdict.user_facts import UserFacts
from swarmscope.verdict.verdict import JudgedRun, Moment
from swarmscope_exporter.run_details import RunDetails


def to_json(judged: JudgedRun) -> str:
    """Return the verdict with its evidence, and how the run was made."""
    document = _document(judged)
    # The digest is of what is read back: numbers and keys of other types are those of JSON then.
    document[DIGEST] = digest_of(json.loads(json.dumps(document)))
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair has no UTF-8, and a JSON escape


def _document(judged: JudgedRun) -> dict[str, Any]:
    verdict, run, breach = judged.verdict, judged.verdict.run, judged.verdict.first_breach
    return {
        "schema": SCHEMA_VERSION,
        "verdict": verdict.outcome.value,
        "exit_code": verdict.outcome.exit_code,
        "reasons": list(verdict.reasons),
        "warnings": list(verdict.warnings),
        "run": {
            "run_id": run.run_id,
            "scenario": run.scenario,
            **_details(run.details),
            "start": moment(run.start_seconds),
            "load_start": moment(run.load_start_seconds),
            "load_start_seconds": run.load_start_seconds,
            "end": moment(run.end_seconds),
            "interrupted": run.interrupted or None,
            "ending": run.ending or None,
            "planned_seconds": run.planned_seconds,
            "phases": {phase: moment(seconds) for phase, seconds in run.phases.items()},
            "peak_users": verdict.peak_users,
            "user_seconds": asdict(verdict.user_seconds) if verdict.user_seconds else None,
        },
        "objectives": [
            {
                "objective": result.objective.objective,
                "method": result.objective.method or None,
                "name": result.objective.name or None,
                "bound": result.objective.bound,
                "threshold": result.objective.threshold,
                "measured": result.objective.measured,
                "samples": result.objective.samples,
                "confidence": result.objective.confidence,
                "only_warns": result.objective.only_warns,
                "interval": asdict(result.objective.interval) if result.objective.interval else None,
                "worst_window": _sample(result.objective.worst),
                "missed_since_seconds": result.objective.missed_since_seconds,
                "severity": result.objective.severity,
                "status": result.status.value,
                "alerts": list(result.alerts),
            }
            for result in verdict.objectives
        ],
        "figures": asdict(verdict.figures),
        "recommendation": list(recommendation_of(verdict)),
        "completeness": [asdict(check) for check in verdict.checks],
        "ledger": asdict(verdict.ledger),
        "arrivals": asdict(verdict.arrivals) if verdict.arrivals else None,
        "steadiness": asdict(verdict.steadiness) if verdict.steadiness else None,
        "users": _users(verdict.users),
        "task_exceptions": [asdict(exception) for exception in verdict.users.exceptions],
        "failures": [asdict(failure) for failure in verdict.users.failures],
        "locustfile_exit_code": verdict.users.exit_code,
        "first_breach": asdict(breach.span) | {"crossed_seconds": breach.crossed_seconds} if breach else None,
        "alerts": [asdict(span) for span in verdict.timeline],
        "timeline": [_moment(change) for change in verdict.moments],
        "context": dict(judged.context),
        "evidence": dict(judged.evidence) if judged.evidence is not None else None,
    }


def _details(details: RunDetails) -> dict[str, Any]:
    return {
        "host": details.host or None,
        "environment": details.environment or None,
        "commit": details.commit or None,
        "labels": dict(details.labels),
    }


def _users(users: UserFacts) -> dict[str, Any]:
    return {
        "iterations": users.iterations,
        "iterations_of": dict(users.iterations_of),
        "missed_starts": dict(users.missed_starts),
        "requests_begun": users.begun,
        "requests_without_event": dict(users.without_event),
        "silent": users.silent,
        "cut_off": users.cut_off,
    }


def _sample(sample: Sample | None) -> dict[str, float] | None:
    return None if sample is None else {"value": sample.value, "end_seconds": sample.timestamp_seconds}


def _moment(change: Moment) -> dict[str, Any]:
    return {
        "seconds": change.seconds,
        "time": moment(change.seconds),
        "change": change.change,
        "alert": change.span.name,
        "subject": change.span.subject or None,
        "severity": change.span.severity,
        "gate": change.span.gate,
        "first_breach": change.is_first_breach,
    }
