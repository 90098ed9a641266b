"""How a load ended: as planned, stopped by hand, or by something else before its time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gevent
import pytest

from swarmscope_exporter.ending import ending_of
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.phases import Ending, Phase, StopOrder
from swarmscope_exporter.run import Run

NONE, STOP, EARLY = StopOrder.NONE, StopOrder.STOP, StopOrder.EARLY
SHAPE = object()


def environment(*, shape: object = None, shape_greenlet: object = None, run_time: float | None = None) -> Any:
    return SimpleNamespace(
        shape_class=shape,
        runner=SimpleNamespace(shape_greenlet=shape_greenlet),
        parsed_options=SimpleNamespace(run_time=run_time),
    )


@pytest.mark.parametrize(
    ("planned", "lasted", "order", "ending"),
    [
        (60.0, 60.0, NONE, Ending.PLANNED),
        (60.0, 59.6, NONE, Ending.PLANNED),
        (60.0, 61.0, STOP, Ending.PLANNED),
        (60.0, 59.4, NONE, Ending.QUIT),
        (60.0, 30.0, STOP, Ending.STOPPED),
        (60.0, 61.0, EARLY, Ending.STOPPED),
        (0.0, 30.0, STOP, Ending.PLANNED),
        (0.0, 30.0, NONE, Ending.QUIT),
        (0.0, 30.0, EARLY, Ending.STOPPED),
    ],
)
def test_a_run_ends_as_planned_when_its_time_is_over_or_it_has_none_and_is_stopped(
    planned: float, lasted: float, order: StopOrder, ending: Ending
) -> None:
    stale = environment(run_time=10.0)  # of an earlier form
    assert ending_of(stale, planned, lasted, order) is ending


@pytest.mark.parametrize(
    ("run_time", "lasted", "order", "ending"),
    [
        (None, 30.0, STOP, Ending.STOPPED),
        (None, 30.0, NONE, Ending.QUIT),
        (60.0, 30.0, STOP, Ending.STOPPED),
        (60.0, 60.0, STOP, Ending.PLANNED),
    ],
)
def test_a_shape_that_did_not_end_by_itself_was_stopped_unless_the_run_time_was_over(
    run_time: float | None, lasted: float, order: StopOrder, ending: Ending
) -> None:
    assert ending_of(environment(shape=SHAPE, run_time=run_time), 0.0, lasted, order) is ending


def test_a_shape_that_returns_none_ends_as_planned_whenever_that_is() -> None:
    its_own = environment(shape=SHAPE, shape_greenlet=gevent.getcurrent(), run_time=60.0)
    assert ending_of(its_own, 60.0, 12.0, NONE) is Ending.PLANNED


@pytest.mark.parametrize(
    ("planned", "lasted", "hold"),
    [(20.0, 1.0, 6.0), (60.0, 1.0, 6.0), (120.0, 1.0, 12.0), (3600.0, 1.0, 30.0), (0.0, 10.0, 6.0), (0.0, 200.0, 20.0)],
)
def test_a_condition_has_to_last_for_a_tenth_of_the_load_from_6_s_to_30_s(
    planned: float, lasted: float, hold: float
) -> None:
    now = [1000.0]
    run = Run("r", "s", 1, Merge("r"), planned_seconds=planned, clock=lambda: now[0])
    assert run.hold_seconds == (hold if planned else 6.0)
    run.enter(Phase.RAMP)
    now[0] += lasted
    assert run.hold_seconds == pytest.approx(hold)
    run.enter(Phase.STOPPING)
    now[0] += 1000
    assert run.hold_seconds == pytest.approx(hold)
