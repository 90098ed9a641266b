"""What a search for the capacity is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from swarmscope.capacity.search import Limits
from swarmscope.capacity.step import By
from swarmscope.run.capacity.plan import StepPlan
from swarmscope.run.options import RunOptions


@dataclass(frozen=True)
class CapacityOptions:
    """``run`` is what each step is made of; its rate, users and run time are those of each step."""

    run: RunOptions
    by: By
    limits: Limits
    plan: StepPlan
    at_least: float | None = None
