"""How the load of a run ended: as planned, or before its time."""

from __future__ import annotations

from typing import Any

import gevent

from swarmscope_exporter.phases import Ending, StopOrder

#: The planned end and the actual one are told by different timers.
_TOLERANCE_SECONDS = 0.5


def ending_of(environment: Any, planned_seconds: float, lasted_seconds: float, order: StopOrder) -> Ending:
    """Return how a load ends that stops now; ``planned_seconds`` is 0 where no end was planned."""
    shape_greenlet, has_shape = environment.runner.shape_greenlet, environment.shape_class is not None
    if shape_greenlet is not None and shape_greenlet is gevent.getcurrent():
        return Ending.PLANNED  # the shape returned None: that is its end, whenever it comes
    if order is StopOrder.EARLY:
        return Ending.STOPPED
    if order is StopOrder.DECIDED:
        return Ending.DECIDED
    # A shape may have no end of its own: the runner stops it after the run time, which Locust does not do.
    due_seconds = planned_seconds or (float(environment.parsed_options.run_time or 0) if has_shape else 0.0)
    if due_seconds and lasted_seconds >= due_seconds - _TOLERANCE_SECONDS:
        return Ending.PLANNED
    if order is StopOrder.NONE:
        return Ending.QUIT
    return Ending.STOPPED if due_seconds or has_shape else Ending.PLANNED
