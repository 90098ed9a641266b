"""What a search for the capacity has come to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from swarmscope.capacity.step import By, Step, load_text
from swarmscope.verdict.verdict import Outcome


class Found(StrEnum):
    """How the search ended."""

    INTERVAL = "interval"  #: between a load that held each time and one that broke each time
    AT_LEAST = "at least"  #: the highest load that was allowed held
    BELOW = "below"  #: the lowest load that was tried broke
    GENERATOR = "generator"  #: the load generator was the limit
    ENDED = "ended"  #: before its time: interrupted, the target died or did not recover, too many steps


@dataclass(frozen=True)
class Breaking:
    """What broke first, at the lowest load that broke each time.

    ``held_share`` and ``broke_share`` are how much of what its threshold allows was used at ``held_at`` and
    ``broke_at``: 1 on the threshold; None where that is not known.
    """

    title: str
    is_cliff: bool | None  #: whether nothing told of it in the load before; None where that cannot be said
    held_at: float | None
    held_share: float | None
    broke_at: float
    broke_share: float | None
    sentence: str  #: the same in words


@dataclass(frozen=True)
class Scaling:
    """The Universal Scalability Law, X(N) = rate·N / (1 + contention·(N-1) + coherency·N·(N-1)), as fitted to steps.

    N is how many requests are under way, X how many are answered a second.
    """

    rate: float
    contention: float
    coherency: float
    r_squared: float
    peak_concurrency: float | None  #: where X is highest; None where it never falls
    peak_throughput: float | None


@dataclass(frozen=True)
class Capacity:
    """``low`` held each time and ``high`` broke each time, where these are known; both as `By` counts.

    ``at_least`` is what was asked for. ``ended`` says why the search ended before its time. ``exhausted`` names what
    was used up at the lowest load that broke, ``knee`` is the load from which latency rises faster than before.
    """

    scenario: str
    by: By
    found: Found
    low: float | None
    high: float | None
    steps: tuple[Step, ...]
    at_least: float | None = None
    ended: str = ""
    first: Breaking | None = None
    exhausted: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()  #: objectives that ``low`` met by far, on too few samples to be sure of them
    without_data: tuple[str, ...] = ()  #: objectives that nothing was measured by at ``low``, in any try
    knee: float | None = None
    scaling: Scaling | None = None
    warnings: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()  #: what to do next, a sentence each

    @property
    def outcome(self) -> Outcome:
        """PASS, FAIL or INCONCLUSIVE, by what was asked for; without that, whether there is an answer."""
        if self.without_data or (self.found is Found.ENDED and self.at_least is None):
            return Outcome.INCONCLUSIVE
        if self.at_least is None:
            is_answer = self.found in {Found.INTERVAL, Found.AT_LEAST}
            return Outcome.PASS if is_answer else Outcome.INCONCLUSIVE
        if self.low is not None and self.low >= self.at_least:
            is_known = self.found is not Found.ENDED and not self.unsure
            return Outcome.PASS if is_known else Outcome.INCONCLUSIVE
        if self.high is not None and self.high <= self.at_least and self.found in {Found.INTERVAL, Found.BELOW}:
            return Outcome.FAIL
        return Outcome.INCONCLUSIVE

    @property
    def unit(self) -> str:
        """What follows a load: "/s" or " users"."""
        return "/s" if self.by == "rate" else " users"

    def figure(self, load: float) -> str:
        """Return a load as people write it: 412/s, 9.5/s, 120 users."""
        return load_text(load, self.by)

    @property
    def sentence(self) -> str:
        """The answer, in one line."""
        low, high = (None if load is None else self.figure(load) for load in (self.low, self.high))
        match self.found:
            case Found.INTERVAL:
                return f"capacity {(low or '').removesuffix(self.unit)} to {high}"
            case Found.AT_LEAST:
                return f"capacity at least {low}, the highest load that was allowed"
            case Found.BELOW:
                return f"capacity below {high}"
            case Found.GENERATOR:
                held = f"{low} held, and " if low else ""
                return f"capacity unknown: {held}the load generator itself makes no more"
            case _:
                known = f"; {low} held" if low else ""
                return f"capacity unknown{known}{f', {high} broke' if high else ''}: {self.ended}"
