"""The time that a report is about, and the steps in which it is asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass

from swarmscope.prometheus.names import INTERVAL_SECONDS

#: Of these, as Grafana does, so that neighbouring panels share their steps.
_ROUND_STEPS_SECONDS = (0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200)
#: Scrapes that a rate should hold.
_SCRAPES_OF_A_RATE = 4


@dataclass(frozen=True)
class Window:
    """From ``begin`` to ``end``, in seconds since the epoch."""

    begin: float
    end: float

    @property
    def length_seconds(self) -> int:
        """Whole seconds that hold all of it."""
        return max(1, math.ceil(self.end - self.begin))

    def step(self, least_seconds: float | None, most_points: int) -> float:
        """Return a step, in seconds, of which at most ``most_points`` cover the window."""
        least = max(least_seconds or INTERVAL_SECONDS, self.length_seconds / most_points)
        return next((float(step) for step in _ROUND_STEPS_SECONDS if step >= least), float(math.ceil(least)))

    def first(self, step_seconds: float) -> float:
        """Return the first step, at or just before the beginning: a multiple of the step, whatever the end."""
        return math.floor(self.begin / step_seconds) * step_seconds

    def steps(self, step_seconds: float) -> int:
        """Return how many steps there are from the first one to the last that is not after the end."""
        return math.floor((self.end - self.first(step_seconds)) / step_seconds) + 1

    def built_in(self, step_seconds: float) -> dict[str, str]:
        """Return what Grafana fills in by itself, for steps of that length."""
        rate_seconds = max(step_seconds + INTERVAL_SECONDS, _SCRAPES_OF_A_RATE * INTERVAL_SECONDS)
        return {
            "__interval": _text(step_seconds),
            "__rate_interval": _text(rate_seconds),
            "__range": f"{self.length_seconds}s",
        }


def _text(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms" if seconds % 1 else f"{seconds:.0f}s"
