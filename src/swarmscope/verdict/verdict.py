"""What a decision looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from swarmscope.errors import ExitCode
from swarmscope.objectives import DROPPED_ARRIVALS, Objective, words_of
from swarmscope.prometheus.names import LIVE_ALERT, RUN_ALERT
from swarmscope.verdict.evidence import Arrivals, Figures, Ledger, RunFacts, UserSeconds
from swarmscope.verdict.steadiness import Steadiness
from swarmscope.verdict.user_facts import UserFacts

#: Severities that decide nothing.
HARMLESS = frozenset({"warning", "info", "none"})


class Outcome(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> ExitCode:
        """What a command that says so ends with."""
        return {"PASS": ExitCode.PASS, "FAIL": ExitCode.FAIL, "INCONCLUSIVE": ExitCode.COULD_NOT_RUN}[self.value]


class Status(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    WARNING = "WARNING"
    NO_DATA = "NO DATA"
    UNDECIDED = "UNDECIDED"  #: met as far as was measured, which may be chance


@dataclass(frozen=True)
class ObjectiveResult:
    objective: Objective
    status: Status
    alerts: tuple[str, ...]  #: names of the alerts that fired for it


def alert_title(name: str, subject: str) -> str:
    """Return what an alert speaks of: latency p95 POST /chat, of an objective, or GeneratorCpuSaturated (worker-1)."""
    if name in {LIVE_ALERT, RUN_ALERT} and subject:
        objective, _, endpoint = subject.partition(" ")
        title = f"{words_of(objective)} {endpoint}".rstrip()
        return title if name == LIVE_ALERT else f"{title} over the whole run"
    return f"{name} ({subject})" if subject else name


@dataclass(frozen=True)
class AlertSpan:
    """One stretch of time in which one alert was in one state, in seconds since the epoch.

    ``resolved_seconds`` is the first evaluation that found it in no state; None when it became another, or was still in
    this one when the run was judged.
    """

    name: str
    state: str  #: pending or firing
    severity: str
    gate: str  #: objective, validity, or empty: an alert of the user's own that decides nothing
    subject: str  #: what it speaks of beyond its name: objective, endpoint, worker
    first_seconds: float
    last_seconds: float
    resolved_seconds: float | None = None

    @property
    def title(self) -> str:
        """Its name, and what it speaks of."""
        return alert_title(self.name, self.subject)

    @property
    def is_breach(self) -> bool:
        """Whether a critical objective fired."""
        return self._is_critical and self.gate == "objective"

    @property
    def is_doubt(self) -> bool:
        """Whether it says that the measurement cannot be trusted; an unknown gate is not a reason to pass."""
        return self._is_critical and self.gate not in {"objective", ""}

    @property
    def may_be_of_generator(self) -> bool:
        """Whether a slow generator alone can bring it about: a time, a rate, or arrivals that found no free user."""
        objective = self.subject.partition(" ")[0]
        return objective.endswith(("_seconds", "_per_second")) or objective == DROPPED_ARRIVALS

    @property
    def _is_critical(self) -> bool:
        # An unknown severity, such as a misspelled one, is not a reason to pass.
        return self.state == "firing" and self.severity not in HARMLESS


@dataclass(frozen=True)
class Breach:
    """A critical objective that was missed: the alert that said so, and since when it had been over its threshold."""

    span: AlertSpan
    crossed_seconds: float


@dataclass(frozen=True)
class Moment:
    """One line of the timeline: an alert became pending, firing or resolved."""

    seconds: float
    change: str
    span: AlertSpan
    is_first_breach: bool = False


@dataclass(frozen=True)
class Check:
    """One item of completeness with its figure."""

    name: str
    ok: bool
    figure: str


@dataclass(frozen=True)
class Verdict:
    """The decision, and what of the evidence is shown with it."""

    outcome: Outcome
    reasons: tuple[str, ...]  #: why, the deciding ones first; empty for a plain PASS
    objectives: tuple[ObjectiveResult, ...]
    checks: tuple[Check, ...]
    timeline: tuple[AlertSpan, ...]
    run: RunFacts
    ledger: Ledger
    figures: Figures
    users: UserFacts
    peak_users: float | None
    user_seconds: UserSeconds | None
    arrivals: Arrivals | None
    warnings: tuple[str, ...] = ()  #: what looks wrong and decides nothing
    steadiness: Steadiness | None = None  #: None where it is not known

    @property
    def first_breach(self) -> Breach | None:
        """The critical objective that fired and was over its threshold before all others."""
        breaches = [Breach(span, self._crossed_seconds(span)) for span in self.timeline if span.is_breach]
        return min(breaches, key=lambda breach: (breach.crossed_seconds, breach.span.first_seconds), default=None)

    def _crossed_seconds(self, fired: AlertSpan) -> float:
        """Return when it was first over its threshold: an alert waits before it speaks."""
        of = (fired.subject, fired.gate, fired.severity)
        same = (span for span in self.timeline if (span.subject, span.gate, span.severity) == of)
        moments = [span.first_seconds for span in same if fired.subject or span.name == fired.name]
        objectives = (result.objective for result in self.objectives if fired.name == RUN_ALERT)
        since = (
            o.missed_since_seconds for o in objectives if (o.subject, o.severity) == (fired.subject, fired.severity)
        )
        return min([*moments, *(moment for moment in since if moment is not None)])

    @property
    def moments(self) -> tuple[Moment, ...]:
        """What became of each alert, in order of time."""
        first = self.first_breach and self.first_breach.span
        begun = [Moment(span.first_seconds, span.state, span, span is first) for span in self.timeline]
        over = [
            Moment(span.resolved_seconds, "resolved", span)
            for span in self.timeline
            if span.resolved_seconds is not None
        ]
        return tuple(sorted((*begun, *over), key=lambda moment: (moment.seconds, moment.span.name)))


@dataclass(frozen=True)
class JudgedRun:
    """A verdict; ``context`` says what was in force: versions, options, what the target was.

    ``evidence`` says what is in the folder of evidence, with checksums; None where there is none.
    """

    verdict: Verdict
    context: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] | None = None
