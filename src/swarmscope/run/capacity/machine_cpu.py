"""How much of this machine's CPU is in use while a step is judged."""

from __future__ import annotations

from collections.abc import Mapping

import psutil

from swarmscope.capacity.step import MACHINE_CPU


class MachineCpu:
    """Looks at the CPU after the ramp, each time that it is told to; the first look begins a stretch."""

    def __init__(self, ramp_seconds: float) -> None:
        self._ramp_seconds = ramp_seconds
        self._percents: list[float] = []

    def look(self, load_seconds: float) -> None:
        """Take note of what was in use since the last look."""
        percent = psutil.cpu_percent(None)
        if load_seconds > self._ramp_seconds:
            self._percents.append(percent)

    @property
    def used(self) -> Mapping[str, float]:
        """The mean as a share of all cores; empty before there is one."""
        of_looks = self._percents
        return {MACHINE_CPU: sum(of_looks) / len(of_looks) / 100} if of_looks else {}
