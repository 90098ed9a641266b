"""How busy a Locust process says it was, by a clock of the test's own."""

from __future__ import annotations

import gevent
import pytest

from swarmscope_exporter import health
from swarmscope_exporter.health import GeneratorHealth


class Loop:
    """Time that passes while the probe sleeps: as long as it asked for, and by how much the loop was late then."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.lags: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def process_time(self) -> float:
        return self.now / 2

    def sleep(self, seconds: float) -> None:
        if not self.lags:
            raise gevent.GreenletExit
        self.now += seconds + self.lags.pop(0)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Loop:
    loop = Loop()
    monkeypatch.setattr(health, "time", loop)
    monkeypatch.setattr(gevent, "sleep", loop.sleep)
    return loop


def probed(loop: Loop, monitor: GeneratorHealth, *lags: float) -> health.Health:
    loop.lags = list(lags)
    with pytest.raises(gevent.GreenletExit):
        monitor._probe_loop()
    return monitor.read()


def test_the_worst_lag_and_the_share_of_late_time_are_those_since_the_last_read(loop: Loop) -> None:
    monitor = GeneratorHealth()
    assert probed(loop, monitor, 0.0, 0.5, 0.25, 0.0) == pytest.approx((0.5, 0.5, 0.75 / 1.75))
    assert probed(loop, monitor, 0.0, 0.0) == (0.5, 0.0, 0.0)


def test_one_lag_in_three_seconds_is_the_worst_one_and_little_of_the_time(loop: Loop) -> None:
    measured = probed(loop, GeneratorHealth(), 0.3, *[0.0] * 11)
    assert measured == pytest.approx((0.5, 0.3, 0.3 / 3.3))


@pytest.mark.usefixtures("loop")
def test_nothing_is_late_before_any_time_has_passed() -> None:
    assert GeneratorHealth().read() == (0.0, 0.0, 0.0)
