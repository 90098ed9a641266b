"""The CPU of the machine while a step is judged."""

from __future__ import annotations

import psutil
import pytest

from swarmscope.capacity.step import MACHINE_CPU
from swarmscope.run.capacity.machine_cpu import MachineCpu


def test_the_mean_after_the_ramp_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    percents = iter([100.0, 100.0, 20.0, 40.0])
    monkeypatch.setattr(psutil, "cpu_percent", lambda _: next(percents))
    machine = MachineCpu(ramp_seconds=2.0)
    assert machine.used == {}
    for second in (0.0, 2.0, 2.5, 3.0):
        machine.look(second)
    assert machine.used == {MACHINE_CPU: pytest.approx(0.3)}
