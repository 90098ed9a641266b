"""What an A/B run is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.compare.comparison import Policy
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
