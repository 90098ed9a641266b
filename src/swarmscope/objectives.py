"""What is promised of a run: an objective with its threshold, and what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarmscope.prometheus.series import Sample


#: An objective of each endpoint, or of all that have no threshold of their own: then the worst one counts.
WORST_ENDPOINT = "endpoint_error_ratio"

#: Fewer requests of an endpoint do not say how it does; prometheus/rules/sli.yml has the same number.
MIN_ENDPOINT_REQUESTS = 10


@dataclass(frozen=True)
class Objective:
    """A threshold that is in force for the run, and what was measured over the whole run.

    ``measured`` is None when there was nothing to measure; ``samples`` is the number of observations behind it.
    ``worst`` is the worst minute of the run, with the time at which it ended; None when no whole minute was judged.
    """

    objective: str
    bound: str  #: max: must not be above the threshold; min: must not be below
    severity: str  #: critical fails the run, warning is only reported
    threshold: float
    measured: float | None
    samples: float | None
    method: str = ""
    name: str = ""
    worst: Sample | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        return (self.objective, self.method, self.name)

    @property
    def title(self) -> str:
        """For example ``latency p95 POST /api/chat``."""
        words = self.objective.removesuffix("_seconds").removesuffix("_bytes").replace("_", " ")
        return " ".join(part for part in (words, self.method, self.name) if part)

    @property
    def met(self) -> bool | None:
        """Whether the measured value keeps to the threshold; None when nothing was measured."""
        if self.measured is None:
            return None
        # The rules compare with the same tolerance: it absorbs the rounding of an interpolation that ends on an edge.
        slack = abs(self.threshold) * 1e-12
        if self.bound == "max":
            return self.measured <= self.threshold + slack
        return self.measured >= self.threshold - slack
