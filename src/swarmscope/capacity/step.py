"""A step: one load that was held for a while, with what was measured of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from swarmscope.objectives import Objective

By = Literal["rate", "users"]

#: What was used of a resource, by the name that a step has it under; 1 is all of it, but for CPU, which is in cores.
TARGET_CPU, TARGET_POOL, TARGET_MEMORY, GENERATOR_CPU = "target_cpu", "target_pool", "target_memory", "generator_cpu"
#: Of all cores of the machine that the load generator runs on, with whatever else does.
MACHINE_CPU = "machine_cpu"


class StepOutcome(StrEnum):
    HELD = "held"  #: every critical objective was met, as surely as its threshold asks
    BROKE = "broke"  #: a critical objective was missed, or the response time grew all the way
    UNDECIDED = "undecided"  #: met as far as was measured, after the longest time too
    GENERATOR = "generator"  #: the load generator had reached its own limit
    UNMEASURED = "unmeasured"  #: it says nothing, for another reason


@dataclass(frozen=True)
class Measured:
    """An objective in one step; ``measured`` is None where there was nothing to measure.

    ``status`` is that of a verdict: PASS, FAIL, UNDECIDED, WARNING, NO DATA.
    """

    objective: str
    title: str  #: with the endpoint, for people: latency p95 POST /api/chat
    bound: str
    severity: str
    threshold: float
    measured: float | None
    status: str

    @property
    def share_of_threshold(self) -> float | None:
        """How much of what is allowed was used: 1 on the threshold, above it where it was missed; None if unknown.

        Of a share that has to be at least 99 %, the 1 % that may be missing is what is allowed.
        """
        if self.measured is None:
            return None
        used, allowed = self.measured, self.threshold
        if self.bound == "min":
            is_share = self.objective.endswith("_ratio") and allowed < 1
            if not is_share:
                return allowed / used if used > 0 else None
            used, allowed = 1 - used, 1 - allowed
        return used / allowed if allowed > 0 else None


@dataclass(frozen=True)
class Step:
    """One load, held; ``load`` is arrivals a second or users.

    ``seconds`` is how long was judged, ``begin_seconds`` when its load began, since the epoch. Quantiles are of the
    response time from the intended start, in seconds; ``concurrency`` is how many requests were under way on average.
    ``growth`` is by how many seconds the mean response time grew each second; None where that is not known.
    ``used`` is what was used of each resource that is published (see above).
    """

    number: int
    run_id: str
    load: float
    outcome: StepOutcome
    because: str  #: in a few words; empty for one that held
    begin_seconds: float
    seconds: float
    objectives: tuple[Measured, ...] = ()
    throughput: float | None = None  #: requests a second that were answered
    error_ratio: float | None = None
    p50_seconds: float | None = None
    p95_seconds: float | None = None
    p99_seconds: float | None = None
    concurrency: float | None = None
    growth: float | None = None
    used: Mapping[str, float] = field(default_factory=dict)
    broken: tuple[str, ...] = ()  #: titles of what broke, the worst first; `GROWS` where the response time did
    unsure: tuple[str, ...] = ()  #: titles of what was met by far, and on too few samples to be sure of it
    without_data: tuple[str, ...] = ()  #: titles of what had nothing to be measured by
    slowest: str = ""  #: the endpoint with the longest p95, of those that were asked often
    users: int | None = None  #: how many waited for arrivals, or were the load

    @property
    def missed(self) -> tuple[Measured, ...]:
        """The critical objectives that were missed, those furthest beyond their threshold first."""
        found = [each for each in self.objectives if each.status == "FAIL"]
        return tuple(sorted(found, key=lambda each: -(each.share_of_threshold or 0.0)))


#: What a step is broken by when its response time grew all the way: more arrives than is answered.
GROWS = "response time grows"


#: A threshold of which less was used is met by far, and one of which more was used is missed by far.
_FAR, _FAR_BEYOND = 0.8, 1.25


def is_far_within(objective: Objective) -> bool:
    """Return whether an objective is met by far: few samples do not make that chance, as they are."""
    share = share_used(objective.objective, objective.bound, objective.measured, objective.threshold)
    return objective.met is True and share is not None and share < _FAR


def is_far_beyond(objective: Objective) -> bool:
    """Return whether an objective is missed by far: which way to go on is clear."""
    share = share_used(objective.objective, objective.bound, objective.measured, objective.threshold)
    return objective.met is False and share is not None and share > _FAR_BEYOND


def share_used(objective: str, bound: str, measured: float | None, threshold: float) -> float | None:
    """Return how much of what a threshold allows was used; see `Measured.share_of_threshold`."""
    return Measured(objective, "", bound, "", threshold, measured, "").share_of_threshold


def load_text(load: float, by: By) -> str:
    """Return a load as people write it: 412/s, 9.5/s, 120 users."""
    number = f"{load:.0f}" if load >= 100 or by == "users" else f"{load:.3g}"
    return f"{number}/s" if by == "rate" else f"{number} users"
