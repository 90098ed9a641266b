"""What Prometheus answers to the queries of one panel."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from swarmscope.prometheus.series import Series
from swarmscope.report.html.asking import Asker
from swarmscope.report.html.panels import Panel, Target
from swarmscope.report.html.variables import UnfilledError, filled, filled_query

_LIMIT = re.compile(r"\((critical|warning)\)$")
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_AUTOMATIC = "__auto"
#: Of the traced requests, the slowest; a long run has thousands.
_MOST_DOTS = 200


@dataclass(frozen=True)
class Line:
    """One series: its name in the legend, and its value at each step, None where it has none."""

    name: str
    labels: Mapping[str, str]
    values: tuple[float | None, ...]
    ref: str

    @property
    def limit(self) -> str:
        """``critical`` or ``warning`` for the line of a threshold; empty for what was measured."""
        found = _LIMIT.search(self.name)
        return found[1] if found else ""

    @property
    def known(self) -> tuple[float, ...]:
        """The values that are there."""
        return tuple(value for value in self.values if value is not None)


@dataclass(frozen=True)
class Dot:
    """A traced request: when it ended, in seconds since the epoch, and its value in the unit of the panel."""

    at_seconds: float
    value: float
    trace_id: str


@dataclass(frozen=True)
class Answer:
    """The lines of all queries of a panel; the first step is at ``begin``, instants have a single step."""

    begin: float
    step_seconds: float
    lines: tuple[Line, ...]
    exprs: tuple[str, ...]  #: as they were asked, without those of limits
    dots: tuple[Dot, ...] = ()

    @property
    def measured(self) -> tuple[Line, ...]:
        """The lines with at least one value, thresholds left out."""
        return tuple(line for line in self.lines if not line.limit and line.known)

    @property
    def limits(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.limit and line.known)


def ask(panel: Panel, values: Mapping[str, str], asker: Asker) -> Answer:
    """Asks all queries of a panel; raises PrometheusUnavailableError.

    Queries that need a variable without a value, such as the other run of a comparison, are left out.
    """
    step = asker.step(panel.min_step_seconds)
    everything = {**values, **asker.window.built_in(step)}
    lines: list[Line] = []
    exprs: list[str] = []
    dots: dict[str, Dot] = {}
    for target in panel.targets:
        try:
            expr, legend = filled_query(target.expr, everything), filled(target.legend, everything)
        except UnfilledError:
            continue
        if not _LIMIT.search(legend):
            exprs.append(expr)
        lines += _ask_one(target, expr, legend, step, asker)
        if target.exemplars:
            dots |= _traced(expr, asker)
    slowest = sorted(dots.values(), key=lambda dot: dot.value)[-_MOST_DOTS:]
    return Answer(asker.window.first(step), step, tuple(lines), tuple(exprs), tuple(slowest))


def _ask_one(target: Target, expr: str, legend: str, step: float, asker: Asker) -> list[Line]:
    if target.instant:
        return [
            Line(_named(legend, row), row.labels, (_number(row.samples[0].value),), target.ref)
            for row in asker.at_end(expr)
        ]
    begin, count = asker.window.first(step), asker.window.steps(step)
    return [
        Line(_named(legend, row), row.labels, _on_steps(row, begin, step, count), target.ref)
        for row in asker.over_time(expr, step)
    ]


def _traced(expr: str, asker: Asker) -> dict[str, Dot]:
    return {
        labels["trace_id"]: Dot(sample.timestamp_seconds, sample.value, labels["trace_id"])
        for series in asker.exemplars(expr)
        for labels, sample in series.exemplars
        if labels.get("trace_id")
    }


def _on_steps(series: Series, begin: float, step: float, count: int) -> tuple[float | None, ...]:
    values: list[float | None] = [None] * count
    for sample in series.samples:
        place = round((sample.timestamp_seconds - begin) / step)
        if 0 <= place < count:
            values[place] = _number(sample.value)
    return tuple(values)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _named(legend: str, series: Series) -> str:
    if legend == _AUTOMATIC:
        return ", ".join(value for name, value in series.labels.items() if name != "__name__")
    return " ".join(_LABEL.sub(lambda match: series.labels.get(match[1], ""), legend).split())
