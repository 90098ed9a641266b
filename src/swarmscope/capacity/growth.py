"""Whether the response time of a step grew all the way: then more arrives than is answered, and a longer step breaks.

Where a target answers less than arrives, a queue grows evenly, and with it the response time: of 100 arrivals a second
and 95 answers, by 1/20 of a second each second. So the slope of the mean response time over the windows of a step is
the share of the load that is beyond what the target answers, whatever the time of one request is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import linregress, t

from swarmscope.compare.summary import Stretch

#: Of the load, that may be beyond what is answered; and how surely it has to be.
_ALLOWED, _CONFIDENCE = 0.02, 0.99
_MIN_WINDOWS = 4


@dataclass(frozen=True)
class Growth:
    """By how many seconds the mean response time grew each second, and by how many at least."""

    slope: float
    at_least: float

    @property
    def is_overload(self) -> bool:
        """Whether surely more arrived than was answered."""
        return self.at_least > _ALLOWED


def growth_of(windows: Sequence[Stretch]) -> Growth | None:
    """Return how the mean response time of the windows of a step grew; None where these are too few."""
    middles, means, seconds = [], [], 0.0
    for window in windows:
        if (mean := window.latency.mean_seconds) is not None:
            middles.append(seconds + window.seconds / 2)
            means.append(mean)
        seconds += window.seconds
    if len(means) < _MIN_WINDOWS or np.ptp(means) == 0:
        return None
    fit = linregress(middles, means)
    margin = float(t.ppf(_CONFIDENCE, len(means) - 2)) * float(fit.stderr)
    return Growth(float(fit.slope), float(fit.slope) - margin)
