"""How long the steps of a search take, and what it announces before any load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from swarmscope.capacity.search import Limits
from swarmscope.capacity.step import By, load_text
from swarmscope.errors import CommandError
from swarmscope.project.syntax import time_span

#: What a step takes beyond its load: until Prometheus watches it, and until it holds all of it.
_OVERHEAD_SECONDS = 11.0
#: What a target that has recovered takes to show it, the overhead included.
_PROBE_SECONDS = 18.0
#: Four windows of what workers report, and what is not judged at both ends: fewer do not show whether times grow.
MIN_STEP_SECONDS = 15.0
#: From one look at a step to the next.
_LOOK_GROWTH = 1.5


@dataclass(frozen=True)
class StepPlan:
    """A step is judged for ``min_seconds`` at least and ``max_seconds`` at most, after a ramp.

    After a step that broke the target has ``recovery_seconds`` to recover.
    """

    min_seconds: float = MIN_STEP_SECONDS
    max_seconds: float = 60.0
    recovery_seconds: float = 60.0
    ramp_seconds: float = 2.0

    @property
    def looks(self) -> tuple[float, ...]:
        """After how many judged seconds a step may be over."""
        found, at = [], self.min_seconds
        while at < self.max_seconds:
            found.append(at)
            at *= _LOOK_GROWTH
        return (*found, self.max_seconds)

    def usual_seconds(self, limits: Limits) -> float:
        """About how long a search takes whose steps are decided at the first look, and half of which break."""
        step = self.ramp_seconds + self.min_seconds + _OVERHEAD_SECONDS
        return limits.usual_steps * (step + _PROBE_SECONDS / 2)

    def longest_seconds(self, limits: Limits) -> float:
        """How long it takes at most."""
        step = self.ramp_seconds + self.max_seconds + _OVERHEAD_SECONDS
        return limits.most_steps * (step + self.recovery_seconds + _OVERHEAD_SECONDS)


def announcement(plan: StepPlan, limits: Limits) -> str:
    """Return how long it takes, in one line."""
    usual, longest = plan.usual_seconds(limits), plan.longest_seconds(limits)
    return (
        f"{limits.usual_steps} steps or fewer as a rule, about {max(1, round(usual / 60))} min; {limits.most_steps}"
        f" steps and {time_span(60 * round(longest / 60 + 0.5))} at the very longest"
    )


def schedule(plan: StepPlan, limits: Limits, by: By) -> Iterator[str]:
    """Yield what a search does, a line each."""
    first, highest = load_text(limits.first, by), load_text(limits.highest, by)
    yield f"from {first}, doubled until a critical threshold is missed, up to {highest}"
    yield f"then halved on a log scale until both ends are within {100 * limits.precision:g} %"
    yield f"each end tried {'once' if limits.tries == 1 else f'{limits.tries} times'}"
    yield (
        f"each step lasts {time_span(plan.min_seconds)} to {time_span(plan.max_seconds)}, until it is decided;"
        f" after one that broke, up to {time_span(plan.recovery_seconds)} to recover"
    )
    yield announcement(plan, limits)


def require_plan(plan: StepPlan, limits: Limits) -> None:
    """Raise CommandError for a plan that no answer can come of."""
    if plan.min_seconds < MIN_STEP_SECONDS:
        raise CommandError(
            f"Invalid --step {time_span(plan.min_seconds)}: expected at least {MIN_STEP_SECONDS:g}s, below which a"
            " queue that grows does not show"
        )
    if plan.max_seconds < plan.min_seconds:
        raise CommandError(
            f"Invalid --step: the longest time, {time_span(plan.max_seconds)}, is below the shortest,"
            f" {time_span(plan.min_seconds)}"
        )
    if limits.highest < limits.first:
        raise CommandError(f"Invalid --to {limits.highest:g}: expected more than --from, which is {limits.first:g}")
