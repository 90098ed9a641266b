"""When a step is over, and when a target has recovered."""

from __future__ import annotations

import pytest

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.objectives import Interval, Objective
from swarmscope.prometheus.client import PrometheusApi
from swarmscope.run.capacity.plan import StepPlan
from swarmscope.run.capacity.recovery import Before, RecoveryWatch, before_of
from swarmscope.run.capacity.watch import StepWatch, is_step_decided
from swarmscope.verdict.read import RunReader
from tests.capacity.made import BROKE, step
from tests.verdict.builders import objective


def p95(measured: float | None, low: float, high: float, **changed: object) -> Objective:
    return objective(threshold=0.5, measured=measured, interval=Interval(low, high, 90.0, ""), **changed)


SURE, CLOSE, FAR = p95(0.3, 0.2, 0.45), p95(0.45, 0.4, 0.6), p95(0.1, 0.05, 0.9)
MISSED, PERHAPS_MISSED = p95(0.7, 0.6, 0.9), p95(0.52, 0.4, 0.9)


@pytest.mark.parametrize(
    ("objectives", "over", "over_when_sure"),
    [
        ((SURE,), True, True),
        ((SURE, CLOSE), False, False),
        ((SURE, FAR), True, False),
        ((SURE, MISSED, CLOSE), True, True),
        ((SURE, PERHAPS_MISSED), False, False),
        ((p95(0.45, 0.4, 0.6, only_warns=True),), True, True),
        ((p95(None, 0.0, 0.0),), False, False),
        ((SURE, p95(None, 0.0, 0.0)), True, False),
        ((SURE, p95(3.0, 0.01, 8.0)), True, True),
        ((SURE, p95(None, 0.0, 0.0, only_warns=True)), True, True),
        ((), False, False),
        ((p95(0.7, 0.6, 0.9, severity="warning"), SURE), True, True),
    ],
    ids=[
        "sure",
        "close",
        "far",
        "missed",
        "perhaps missed",
        "a default",
        "no data",
        "one without data",
        "missed by far",
        "a default without data",
        "nothing",
        "a warning",
    ],
)
def test_a_step_is_over_once_more_of_it_would_not_change_what_it_says(
    objectives: tuple[Objective, ...], over: bool, over_when_sure: bool
) -> None:
    assert is_step_decided(objectives, has_to_be_sure=False) is over
    assert is_step_decided(objectives, has_to_be_sure=True) is over_when_sure


def test_a_step_is_looked_at_when_it_may_be_over_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def objectives(_: RunReader) -> tuple[Objective, ...]:
        asked.append(1)
        return (CLOSE,)

    monkeypatch.setattr(RunReader, "objectives", objectives)
    watch = StepWatch(PrometheusApi("http://127.0.0.1:1"), "s-step01", StepPlan(15, 60), has_to_be_sure=False)
    seconds: list[int] = []
    for second in range(62):
        assert not watch.is_over(second)
        if len(asked) > len(seconds):
            seconds.append(second)
    assert seconds == [17, 25, 36, 53]


class Prometheus(PrometheusApi):
    """Says what it is told to."""

    def __init__(self, p50: float | None, errors: float | None) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers = {"histogram_quantile": p50, "failure": errors}

    def with_timeout(self, _: float) -> Prometheus:
        return self

    def value(self, query: str) -> float | None:
        if self.answers["failure"] == -1:
            raise PrometheusUnavailableError("it does not answer")
        return next(value for part, value in self.answers.items() if part in query)


@pytest.mark.parametrize(
    ("p50", "errors", "has_recovered"),
    [
        (0.019, 0.0, True),
        (0.029, 0.01, True),
        (0.04, 0.0, False),
        (0.01, 0.5, False),
        (None, None, False),
        (float("nan"), float("nan"), False),
        (0.01, -1, False),
    ],
    ids=["as before", "20 ms more", "slow", "failing", "nothing", "nothing ended", "silent Prometheus"],
)
def test_a_target_has_recovered_when_it_answers_as_before(
    p50: float | None, errors: float | None, has_recovered: bool
) -> None:
    watch = RecoveryWatch(Prometheus(p50, errors), "s-recovery04", Before(50, 0.01, 0.0), least_seconds=7)
    assert not watch.is_over(6)
    assert watch.is_over(7) is has_recovered
    assert watch.has_recovered is has_recovered


def test_before_is_the_lowest_load_that_held() -> None:
    found = [step(50, p50_seconds=0.01), step(50, p50_seconds=0.03), step(100, p50_seconds=9.0), step(25, BROKE)]
    assert before_of(found) == Before(50, 0.02, 0.0)
    assert before_of(found[3:]) is None
