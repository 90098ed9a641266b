"""Fills in what a dashboard leaves open, as Grafana does."""

from __future__ import annotations

import re
from collections.abc import Mapping

from swarmscope.prometheus.series import Series
from swarmscope.report.html.asking import Asker
from swarmscope.report.html.panels import Variable
from swarmscope_exporter.run_ids import escaped

_VARIABLE = re.compile(r"\$\{(\w+)(?::\w+)?\}|\$([a-zA-Z_]\w*)")
_QUERY_RESULT = re.compile(r"query_result\((.*)\)", re.DOTALL)


class UnfilledError(Exception):
    """A query needs a variable that has no value: there is, for example, no other run."""

    def __init__(self, name: str) -> None:
        super().__init__(f"${name} has no value")
        self.name = name


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables replaced; raises UnfilledError for one without a value."""

    def value(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if not values.get(name):
            raise UnfilledError(name)
        return values[name]

    return _VARIABLE.sub(value, text)


def filled_query(query: str, values: Mapping[str, str]) -> str:
    """The PromQL with its variables replaced, which stand between quotes there; raises UnfilledError."""
    return filled(query, {name: escaped(value) for name, value in values.items()})


def resolved(variables: tuple[Variable, ...], given: Mapping[str, str], asker: Asker) -> dict[str, str]:
    """A value for each: the given one, all, or the first that Prometheus offers; empty where it offers none."""
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
    """A result as the regular expressions of variables read it: labels, value, milliseconds."""
    labels = ",".join(f'{name}="{value}"' for name, value in row.labels.items() if name != "__name__")
    sample = row.samples[0]
    return f"{row.labels.get('__name__', '')}{{{labels}}} {sample.value:g} {sample.timestamp_seconds * 1000:.0f}"
