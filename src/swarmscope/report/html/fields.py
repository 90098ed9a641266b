"""Reads how a panel writes its fields: what values mean, columns of tables, lines of a fixed color."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from swarmscope.report.html.colors import page_color
from swarmscope.report.html.panels import Axis, Column, FixedColor, Kind, Meanings, State

_LINES_OF_LIMITS = frozenset({r"/\(critical\)$/", r"/\(warning\)$/"})
#: Of which lines are told apart by their dashes, where Grafana has shades.
_ONE_COLOR = frozenset({"fixed", "shades"})
_LACK_OF_A_VALUE = frozenset({"null", "nan", "null+nan", "empty"})
#: What would change the axis of a single line.
_NOT_OF_A_LINE = frozenset({"unit", "custom.axisPlacement", "custom.scaleDistribution"})


class DashboardError(Exception):
    """A dashboard is not there, or has something that the report does not know how to draw."""


def meanings_of(mappings: Iterable[Mapping[str, Any]], where: str) -> Meanings:
    """Return what values mean; raise DashboardError for a mapping that is not of values, or of the lack of one."""
    states: dict[str, State] = {}
    nothing = None
    for mapping in mappings:
        kind, options = mapping["type"], mapping["options"]
        if kind == "value":
            states.update({value: _state(result) for value, result in options.items()})
        elif kind == "special" and options["match"] in _LACK_OF_A_VALUE:
            nothing = _state(options["result"])
        else:
            special = f" of {options['match']!r}" if kind == "special" else ""
            raise DashboardError(
                f"{where} maps values by {kind!r}{special}: the report knows 'value', and 'special' for no value"
            )
    return Meanings(states, nothing)


def columns_of(overrides: Iterable[Mapping[str, Any]], where: str) -> dict[str, Column]:
    """Return the columns of a table by their names; raise DashboardError for another way to name them.

    Their widths are left to the page.
    """
    columns: dict[str, Column] = {}
    for name, settings in _by_name(overrides, where):
        before = columns.get(name, Column())
        meanings = meanings_of(settings.get("mappings", []), where)
        columns[name] = Column(
            unit=settings.get("unit", before.unit),
            meanings=meanings if meanings != Meanings() else before.meanings,
            decimals=settings.get("decimals", before.decimals),
            title=settings.get("displayName", before.title),
            is_hidden=settings.get("custom.hidden", before.is_hidden),
        )
    return columns


def _by_name(overrides: Iterable[Mapping[str, Any]], where: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for override in overrides:
        kind, name = override["matcher"]["id"], override["matcher"]["options"]
        if kind != "byName":
            raise DashboardError(f"{where} overrides fields by {kind} {name!r}, which the report does not know")
        yield name, _settings(override)


def fixed_colors_of(overrides: Iterable[Mapping[str, Any]], where: str) -> tuple[FixedColor, ...]:
    """Return the lines of a fixed color, those of thresholds left out; raise DashboardError for another axis of one."""
    found = []
    for override in overrides:
        kind, name = override["matcher"]["id"], override["matcher"]["options"]
        if kind == "byRegexp" and name in _LINES_OF_LIMITS:
            continue  # drawn as limits by their names
        settings = _settings(override)
        if odd := sorted(_NOT_OF_A_LINE & settings.keys()):
            raise DashboardError(f"{where} has a line with {odd[0]} of its own: the report draws one axis")
        asked = settings.get("color", {})
        color = page_color(asked["fixedColor"]) if asked.get("mode") in _ONE_COLOR else ""
        if kind == "byFrameRefID":
            found.append(FixedColor(color, ref=name))
        else:
            found.append(FixedColor(color, _pattern(kind, name, where)))
    return tuple(fixed for fixed in found if fixed.color)


def _pattern(kind: str, name: str, where: str) -> re.Pattern[str]:
    """Return what a line's name has to match: Grafana writes ``/begins with/i``, or the whole name."""
    if kind == "byName":
        return re.compile(re.escape(name) + r"\Z")
    if kind != "byRegexp":
        raise DashboardError(f"{where} overrides fields by {kind} {name!r}, which the report does not know")
    text, flags = name[1:].rsplit("/", 1) if name.startswith("/") and name.count("/") > 1 else (f"^{name}$", "")
    try:
        return re.compile(text, re.IGNORECASE if "i" in flags else 0)
    except re.error as error:
        raise DashboardError(f"{where} overrides fields by the invalid expression {name!r}: {error}") from None


def axis_of(custom: Mapping[str, Any]) -> Axis:
    """Return the axis of values that the drawing style of a panel asks for."""
    scale = custom.get("scaleDistribution", {})
    return Axis(scale.get("type") == "log", custom.get("axisSoftMin"), custom.get("axisSoftMax"))


def _settings(override: Mapping[str, Any]) -> dict[str, Any]:
    return {setting["id"]: setting.get("value") for setting in override["properties"]}


def _state(result: Mapping[str, Any]) -> State:
    return State(result.get("text", ""), page_color(result.get("color", "")))


def overrides_of(
    kind: Kind, overrides: Iterable[Mapping[str, Any]], where: str
) -> tuple[dict[str, Column], tuple[FixedColor, ...]]:
    """Return columns for a table, fixed colors for lines; raise DashboardError."""
    if kind is Kind.TIMESERIES:
        return {}, fixed_colors_of(overrides, where)
    return columns_of(overrides, where), ()
