"""What an A/B run is asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from swarmscope.compare.comparison import Policy
from swarmscope.compare.judge import PAIR_POLICY
from swarmscope.errors import CommandError
from swarmscope.run.ab.plan import Plan, SideName
from swarmscope.run.options import RunOptions


@dataclass(frozen=True)
class Target:
    """One side: the URL of what runs already, or a command that is started for it; the other is empty."""

    side: SideName
    host: str = ""
    command: str = ""
    metrics: str = ""  #: host:port of its /metrics; empty where it has none

    @property
    def title(self) -> str:
        """What people call it."""
        return self.host or self.command


@dataclass(frozen=True)
class AbOptions:
    """``run`` is what both sides are put under load with; its host and run time are those of each block."""

    run: RunOptions
    a: Target
    b: Target
    plan: Plan
    policy: Policy


def policy_with(margin: float) -> Policy:
    """Return how pairs are judged, with this margin; raise CommandError for one that says nothing."""
    if not 0 < margin < 1:
        raise CommandError(f"Invalid --margin {margin:.0%}: expected a percentage above 0 and below 100, such as 5%")
    return replace(PAIR_POLICY, margin=margin)
