"""Which side is under load when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from swarmscope.errors import CommandError
from swarmscope.project.syntax import time_span

SideName = Literal["A", "B"]
#: So that neither side is always the second one: a drift that goes on evenly cancels out over two pairs. Which order
#: comes when is drawn, or a job of the machine that comes back as often as they would always meet the same side.
_ORDERS: tuple[tuple[SideName, ...], ...] = (("A", "B", "B", "A"), ("B", "A", "A", "B"))
_SEED = 18
#: What a block takes beyond its load, here: until Prometheus watches it, and until it holds all of it.
_OVERHEAD_SECONDS = 9.0
MIN_BLOCK_SECONDS = 6.0


@dataclass(frozen=True)
class Plan:
    """``block_seconds`` of each block are compared; its users start before, and warm up for ``warm_up_seconds``."""

    pairs: int
    block_seconds: float
    ramp_seconds: float = 2.0
    warm_up_seconds: float = 3.0

    @property
    def sides(self) -> tuple[SideName, ...]:
        """The side of each block, in the order of time."""
        drawn = Random(_SEED)  # noqa: S311  # reproducible
        quads = [drawn.choice(_ORDERS) for _ in range((self.pairs + 1) // 2)]
        return tuple(side for quad in quads for side in quad)[: 2 * self.pairs]

    @property
    def load_seconds(self) -> float:
        """How long a block is under load."""
        return self.ramp_seconds + self.warm_up_seconds + self.block_seconds

    @property
    def seconds(self) -> float:
        """About how long all of it takes."""
        return 2 * self.pairs * (self.load_seconds + _OVERHEAD_SECONDS)

    @property
    def announcement(self) -> str:
        """What happens when, in one line."""
        return (
            f"{self.pairs} pairs of blocks, A B B A or B A A B, of which {time_span(self.block_seconds)} each are"
            f" compared: about {max(1, round(self.seconds / 60))} min"
        )


def require_plan(plan: Plan, min_pairs: int) -> Plan:
    """Return the plan; raise CommandError for one that no answer can come of."""
    if plan.pairs < min_pairs:
        raise CommandError(
            f"Invalid --pairs {plan.pairs}: expected at least {min_pairs}, below which nothing can be told"
        )
    if plan.block_seconds < MIN_BLOCK_SECONDS:
        raise CommandError(
            f"Invalid --block {time_span(plan.block_seconds)}: expected at least {MIN_BLOCK_SECONDS:g}s, since workers"
            " report every 3 s"
        )
    return plan


def pairs_of(sides: tuple[SideName, ...]) -> Iterator[tuple[int, int]]:
    """Yield the places of A and B of each pair of neighboring blocks that is whole."""
    for first in range(0, len(sides) - 1, 2):
        yield (first, first + 1) if sides[first] == "A" else (first + 1, first)
