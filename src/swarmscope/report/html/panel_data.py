"""What Prometheus answers to the queries of one panel, with the dashboard's variables filled in."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from swarmscope.prometheus.series import Series
from swarmscope.report.html.panels import Panel, Target, Variable
from swarmscope.report.html.query_cache import Asker
from swarmscope_exporter.run_ids import escaped

_VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$([a-zA-Z_]\w*)")
_QUERY_RESULT = re.compile(r"query_result\((.*)\)", re.DOTALL)


class UnfilledError(Exception):
    """A query needs a variable that has no value: there is, for example, no other run."""

    def __init__(self, name: str) -> None:
        super().__init__(f"${name} has no value")
        self.name = name


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its variables replaced; raise UnfilledError for one without a value."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not values.get(name):
            raise UnfilledError(name)
        return values[name]

    return _VARIABLE.sub(value, text)


def filled_query(query: str, values: Mapping[str, str]) -> str:
    """Return the PromQL with its variables replaced, which stand between quotes there; raise UnfilledError."""
    return filled(query, {name: escaped(value) for name, value in values.items()})


def resolved(variables: tuple[Variable, ...], given: Mapping[str, str], asker: Asker) -> dict[str, str]:
    """Return a value for each: the given one, all, or the first that Prometheus offers; empty where it offers none."""
    values = {"datasource": "prometheus", **given}
    for variable in variables:
        if variable.name not in values:
            values[variable.name] = variable.all_value or _first_choice(variable, values, asker)
    return values


def _first_choice(variable: Variable, values: Mapping[str, str], asker: Asker) -> str:
    query = _QUERY_RESULT.fullmatch(variable.query)
    if query is None:
        raise ValueError(f"The variable {variable.name} asks by {variable.query!r}: expected query_result(…)")
    built_in = asker.window.built_in(asker.step(None))
    try:
        offered = asker.at_end(filled_query(query[1], {**values, **built_in}))
    except UnfilledError:
        return ""
    found = (re.search(variable.regex, _as_grafana_writes(row)) for row in offered)
    return next((match[1] for match in found if match), "")


def _as_grafana_writes(row: Series) -> str:
    """Return a result as the regular expressions of variables read it: labels, value, milliseconds."""
    labels = ",".join(f'{name}="{value}"' for name, value in row.labels.items() if name != "__name__")
    sample = row.samples[0]
    return f"{row.labels.get('__name__', '')}{{{labels}}} {sample.value:g} {sample.timestamp_seconds * 1000:.0f}"


_LIMIT = re.compile(r"\((critical|warning)\)$")
_LABEL = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_AUTOMATIC = "__auto"
#: Of the traced requests, the slowest; a long run has thousands.
_MAX_DOTS = 200


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
    """Ask all queries of a panel; raise PrometheusUnavailableError.

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
    slowest = sorted(dots.values(), key=lambda dot: dot.value)[-_MAX_DOTS:]
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
