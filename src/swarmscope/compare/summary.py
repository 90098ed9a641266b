"""What a run, or a block of one, is compared by: counts and times of its judged part, in all and of each endpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

Key = tuple[str, str]
#: The key of all requests together.
ALL: Key = ("", "")


@dataclass(frozen=True)
class Times:
    """Observed times: the lower and upper edge in seconds of each bucket that has some, and how many; and their sum.

    Buckets ascend; the last one may end at infinity.
    """

    buckets: tuple[tuple[float, float, float], ...] = ()
    sum_seconds: float = 0.0

    @property
    def count(self) -> float:
        """How many there are."""
        return math.fsum(count for _, _, count in self.buckets)

    @property
    def mean_seconds(self) -> float | None:
        """Their mean, which knows no buckets; None without observations."""
        count = self.count
        return self.sum_seconds / count if count else None


@dataclass(frozen=True)
class Stretch:
    """What was counted in a stretch of ``seconds``.

    ``latency`` is from the intended start where requests have one, ``service`` from when they were sent; None where
    that is the same.
    """

    seconds: float
    requests: float
    failures: float
    latency: Times
    service: Times | None = None


@dataclass(frozen=True)
class Subject:
    """All requests, or those of an endpoint: over the whole judged part, and in windows of equal length of it.

    All leaves out of its times what is judged apart.
    """

    whole: Stretch
    windows: tuple[Stretch, ...] = ()


@dataclass(frozen=True)
class Conditions:
    """What has to be alike for runs to be comparable; None, or empty, where it is not known."""

    scenario: str
    machine: str = ""  #: of the load generator: system, architecture, cores
    workers: int | None = None
    users: float | None = None
    rate: float | None = None  #: arrivals per second that were asked for on the command line
    arrivals_per_second: float | None = None  #: that were due in the judged part, of an open model
    think_time_scale: float | None = None
    load_seconds: float | None = None
    locustfile: str = ""


@dataclass(frozen=True)
class RunSummary:
    """One run, or one block of a run.

    ``subjects`` has `ALL` and each endpoint by method and name. ``target`` is what the target used in the judged part,
    by name of the figure (`swarmscope.compare.figures`); empty where it does not publish that. ``doubts`` says why the
    measurement cannot be trusted, a line each: a generator at its limit, books that do not balance. ``verdict`` is
    PASS, FAIL or INCONCLUSIVE. ``note`` is why a baseline has the run all the same, where something is against it.
    """

    run_id: str
    began_seconds: float
    verdict: str
    conditions: Conditions
    subjects: Mapping[Key, Subject]
    target: Mapping[str, float] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    host: str = ""
    commit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def endpoints(self) -> tuple[Key, ...]:
        """The endpoints by name."""
        return tuple(sorted((key for key in self.subjects if key != ALL), key=lambda key: (key[1], key[0])))
