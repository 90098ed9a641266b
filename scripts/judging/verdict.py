"""What a decision looks like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from scripts.judging.evidence import Evidence, Objective


class Outcome(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 fail, 2 could not judge."""
        return {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 2}[self.value]


class Status(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    WARNING = "WARNING"
    NO_DATA = "NO DATA"


@dataclass(frozen=True)
class ObjectiveResult:
    objective: Objective
    status: Status
    alerts: tuple[str, ...]  #: names of the alerts that fired for it


@dataclass(frozen=True)
class AlertSpan:
    """When one alert was in one state, in seconds since the epoch."""

    name: str
    state: str  #: pending or firing
    severity: str
    gate: str
    subject: str  #: what it speaks of beyond its name: objective, endpoint, worker
    first_seconds: float
    last_seconds: float


@dataclass(frozen=True)
class Check:
    """One item of completeness with its figure."""

    name: str
    ok: bool
    figure: str


@dataclass(frozen=True)
class Verdict:
    outcome: Outcome
    reasons: tuple[str, ...]  #: why, the deciding ones first; empty for a plain PASS
    objectives: tuple[ObjectiveResult, ...]
    checks: tuple[Check, ...]
    timeline: tuple[AlertSpan, ...]
    evidence: Evidence

    @property
    def first_breach(self) -> AlertSpan | None:
        """The first critical objective that fired."""
        breaches = [s for s in self.timeline if (s.state, s.severity, s.gate) == ("firing", "critical", "objective")]
        return min(breaches, key=lambda span: span.first_seconds, default=None)
