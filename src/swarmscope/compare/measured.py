"""What the units of both sides measured of each figure of each subject: the values that are compared."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from swarmscope.compare.comparison import Policy
from swarmscope.compare.figures import FIGURES, TARGET_FIGURES, Figure
from swarmscope.compare.summary import ALL, Key, RunSummary, Stretch, Subject

Values = tuple[float | None, ...]
#: A quantile of fewer requests in a unit is chance: of 20, the p95 is the slowest but one.
MIN_REQUESTS = 20
_MIN_REQUESTS_OF = {"latency_p99_seconds": 100}
_QUANTILE = re.compile(r"_p\d+_")
#: A failure more or less in so many requests, times the margin, is within the margin: 1.96 squared, as of Wilson.
_FAILURES_OF_CHANCE = 3.84


@dataclass(frozen=True)
class Measured:
    """One figure of one subject: its value in each unit of A and of B, None where a unit has none.

    ``requests`` is how many a unit had, in the middle, of the side that had fewer; infinite for what the target used.
    ``total`` is how many the side had that had fewer. ``figure`` is None for what the target used.
    """

    name: str
    key: Key
    a: Values
    b: Values
    requests: float = math.inf
    total: float = math.inf
    figure: Figure | None = None

    @property
    def more_is_worse(self) -> bool:
        return self.figure is None or self.figure.more_is_worse

    @property
    def is_share(self) -> bool:
        """Whether it is compared by its difference, as shares are: they may be 0."""
        return self.figure.is_share if self.figure else self.name.endswith("_ratio")

    @property
    def median_a(self) -> float | None:
        return _median(self.a)

    @property
    def median_b(self) -> float | None:
        return _median(self.b)

    @property
    def is_quantile_of_few(self) -> bool:
        """Whether it is a quantile of too few requests to say anything."""
        return _QUANTILE.search(self.name) is not None and self.requests < self.requests_needed

    @property
    def requests_needed(self) -> float:
        """How many requests a unit has to have."""
        return _MIN_REQUESTS_OF.get(self.name, MIN_REQUESTS)

    def requests_needed_in_all(self, policy: Policy) -> float:
        """Return how many requests a side has to have: of a share, so many that chance is within the margin."""
        return _FAILURES_OF_CHANCE / policy.margin_ratio if self.is_share and self.key != ALL else 0.0

    def decides(self, policy: Policy) -> bool:
        """Return whether a comparison that cannot tell of it cannot tell at all."""
        enough = self.requests >= self.requests_needed or self.key == ALL
        return bool(
            self.figure and self.figure.decides and enough and self.total >= self.requests_needed_in_all(policy)
        )

    def margin(self, policy: Policy) -> float:
        """Return up to which shift it is the same."""
        if self.figure is None or not self.name.endswith("_seconds"):
            return policy.margin_ratio if self.figure and self.is_share else policy.margin
        return max(policy.margin, policy.margin_seconds / self.median_a) if self.median_a else policy.margin

    def scaled(self, value: float | None) -> float | None:
        """Return the value on the scale on which differences are taken: of a ratio its logarithm; None for none."""
        if self.is_share or value is None:
            return value
        return math.log(value) if value > 0 else None

    def shift(self, difference: float) -> float:
        """Return the shift that a difference on that scale is: 0.05 is 5 % more."""
        return difference if self.is_share else math.expm1(min(difference, 700.0))

    def of_windows(self, run: RunSummary) -> list[float]:
        """Return its values in the windows of a run, scaled."""
        subject = run.subjects.get(self.key)
        if self.figure is None or subject is None:
            return []
        found = (self.scaled(_value(self.figure, window)) for window in subject.windows)
        return [value for value in found if value is not None]


def subjects_of(a: Sequence[RunSummary], b: Sequence[RunSummary]) -> tuple[Key, ...]:
    """Return all requests, and the endpoints of either side in their order."""
    endpoints = {key for run in (*a, *b) for key in run.endpoints}
    return (ALL, *sorted(endpoints, key=lambda key: (key[1], key[0])))


def requests_of(runs: Sequence[RunSummary], key: Key) -> list[float]:
    """Return how many requests of a subject each unit had."""
    return [run.subjects[key].whole.requests if key in run.subjects else 0.0 for run in runs]


def measured(a: Sequence[RunSummary], b: Sequence[RunSummary], key: Key) -> Iterator[Measured]:
    """Yield the figures of a subject that both sides have; of all requests, what the target used as well."""
    of_a, of_b = requests_of(a, key), requests_of(b, key)
    requests = min(median(of_a), median(of_b))
    total = min(sum(of_a), sum(of_b))
    for figure in FIGURES.values():
        if figure.of_all and key != ALL:
            continue
        in_a, in_b = (tuple(_of(figure, run.subjects.get(key)) for run in runs) for runs in (a, b))
        if any(value is not None for value in in_a + in_b):
            yield Measured(figure.name, key, in_a, in_b, requests, total, figure)
    if key == ALL:
        for name in TARGET_FIGURES:
            in_a, in_b = (tuple(run.target.get(name) for run in runs) for runs in (a, b))
            if _median(in_a) is not None and _median(in_b) is not None:
                yield Measured(name, key, in_a, in_b)


def _of(figure: Figure, subject: Subject | None) -> float | None:
    return None if subject is None else _value(figure, subject.whole)


def _value(figure: Figure, stretch: Stretch) -> float | None:
    """Return the figure of a stretch; of its throughput, no request counts as half of one."""
    value = figure.value(stretch)
    return 0.5 / stretch.seconds if figure.of_all and value == 0 else value


def _median(values: Values) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
