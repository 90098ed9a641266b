"""Objectives and their thresholds: whether a value meets one, and how figures are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarmscope.prometheus.series import Sample

#: An objective of each endpoint, or of all that have no threshold of their own: then the worst one counts.
WORST_ENDPOINT = "endpoint_error_ratio"
#: Fewer requests of an endpoint do not say how it does; prometheus/rules/sli.yml has the same number.
MIN_ENDPOINT_REQUESTS = 10
#: The rules compare with the same tolerance: it absorbs the rounding of an interpolation that ends on a bucket's edge.
_TOLERANCE = 1e-12

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Unit:
    """The unit of objectives whose names end in ``suffix``; ``panel`` is what dashboards call it."""

    suffix: str
    panel: str

    def figure(self, value: float) -> str:
        """Return a value as people write it: 182 ms, 0.43 %, 512.3/s, 12.4 MiB."""
        match self.panel:
            case "s":
                return f"{_three_digits(value * 1000)} ms" if value < 1 else f"{_three_digits(value)} s"
            case "percentunit":
                return f"{_three_digits(value * 100)} %"
            case "bytes":
                return f"{value / 2**20:.1f} MiB"
            case _:
                return f"{value:.1f}/s"


UNITS = (Unit("_seconds", "s"), Unit("_ratio", "percentunit"), Unit("_per_second", "reqps"), Unit("_bytes", "bytes"))


def unit_of(objective: str) -> Unit | None:
    """Return the unit that the objective's name ends in; None for a plain number."""
    return next((unit for unit in UNITS if objective.endswith(unit.suffix)), None)


def figure_of(objective: str, value: float | None, none: str = "no data") -> str:
    """Return a value in the unit of its objective; ``none`` where there is no value."""
    if value is None or math.isnan(value):
        return none
    unit = unit_of(objective)
    return f"{value:g}" if unit is None else unit.figure(value)


def limit_of(objective: str, bound: str, threshold: float) -> str:
    """Return a threshold with its direction: ≤ 200 ms, ≥ 500.0/s."""
    return f"{'≤' if bound == 'max' else '≥'} {figure_of(objective, threshold)}"


def words_of(objective: str) -> str:
    """Return the name of an objective as words, without a unit that its figures show: latency p95."""
    return objective.removesuffix("_seconds").removesuffix("_bytes").replace("_", " ")


def met(value: float | None, threshold: float, bound: str) -> bool | None:
    """Return whether a value keeps to a threshold, which it does on it; None when nothing was measured."""
    if value is None or math.isnan(value):
        return None
    slack = abs(threshold) * _TOLERANCE
    return value <= threshold + slack if bound == "max" else value >= threshold - slack


@dataclass(frozen=True)
class Threshold:
    """A limit that is set for an objective; ``method`` and ``name`` are empty for one of all requests.

    ``bound`` is max where the measured value must not be above ``value``, and min where it must not be below. A
    threshold of severity critical fails the run, one of severity warning is only reported.
    """

    objective: str
    value: float
    bound: str = "max"
    severity: str = "critical"
    method: str = ""
    name: str = ""
    scenario: str = ""

    @property
    def key(self) -> Key:
        return (self.objective, self.method, self.name)


@dataclass(frozen=True)
class Objective:
    """A threshold that is in force for the run, and what was measured over the whole run.

    ``measured`` is None when there was nothing to measure; ``samples`` is the number of observations behind it.
    ``worst`` is the worst minute of the run, with the time at which it ended; None when no whole minute was judged.
    """

    objective: str
    bound: str  #: as in `Threshold`
    severity: str
    threshold: float
    measured: float | None
    samples: float | None
    method: str = ""
    name: str = ""
    worst: Sample | None = None

    @property
    def key(self) -> Key:
        return (self.objective, self.method, self.name)

    @property
    def title(self) -> str:
        """For example ``latency p95 POST /api/chat``."""
        return " ".join(part for part in (words_of(self.objective), self.method, self.name) if part)

    @property
    def met(self) -> bool | None:
        """Whether the measured value keeps to the threshold; None when nothing was measured."""
        return met(self.measured, self.threshold, self.bound)


def _three_digits(value: float) -> str:
    """Three significant digits, and no exponent where more stand before the point: 12.4, 2280."""
    return f"{value:.0f}" if abs(value) >= 999.5 else f"{value:.3g}"
