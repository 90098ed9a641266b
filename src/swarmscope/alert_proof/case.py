"""What a proof is: a run with a cause, and what has to come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from swarmscope.verdict.verdict import Outcome


@dataclass(frozen=True)
class Limit:
    """A line of the table of thresholds."""

    objective: str
    value: float
    bound: str = "max"
    severity: str = "critical"
    method: str = ""
    name: str = ""


@dataclass(frozen=True)
class Flag:
    """Switches a feature flag of the reference API, ``at_seconds`` after the phase began."""

    id: str
    strength: float = 1.0
    at_seconds: float = 0.0
    phase: str = "steady"


@dataclass(frozen=True)
class Signal:
    """Kills (``for_seconds`` 0) or pauses a process whose command line has these words."""

    words: tuple[str, ...]
    for_seconds: float = 0.0
    at_seconds: float = 6.0
    phase: str = "steady"


@dataclass(frozen=True)
class Reload:
    """Writes a rule file of the run, and makes Prometheus read it."""

    file: str
    text: str
    at_seconds: float = 6.0
    phase: str = "steady"


#: The alert that judges each objective live: it has to be proven for each.
LIVE_ALERT = "ObjectiveMissed"


def missed(objective: str) -> str:
    """What a proof calls the live alert when it fires for this objective."""
    return f"{LIVE_ALERT} {objective}"


Action = Flag | Signal | Reload


@dataclass(frozen=True)
class Case:
    """One run; ``alerts`` are all that must fire in it, and no others."""

    name: str
    cause: str  #: in words, for the table
    alerts: frozenset[str]
    outcome: Outcome
    limits: tuple[Limit, ...]
    actions: tuple[Action, ...] = ()
    proof: str = ""  #: what the proving locustfile does; empty for the locustfile of the repository
    scenario: str = "smoke"
    arguments: tuple[str, ...] = ()
    run_time_seconds: float = 60.0
    workers: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    #: Alerts that may fire beside them: whether they do is a matter of moments.
    tolerated: frozenset[str] = frozenset()
    extra_rules: str = ""  #: a rule file to be added
    own_prometheus: bool = False  #: it is restarted, so it must not be a child of the run
