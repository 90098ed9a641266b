"""The kinds of panel, each with what all of its kind have in common; `grafana.source.frame` puts them in places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Any

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import heatmap as heatmap_builders
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models import common, dashboard, heatmap
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source.queries import Query

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
#: Of panels that draw rates: workers report every 3 s, and a rate over less than some reports is a saw.
RATE_MIN_STEP = "10s"

SECONDS, RATIO, PER_SECOND, COUNT, BYTES, BYTES_PER_SECOND = "s", "percentunit", "reqps", "short", "bytes", "Bps"
EVENTS_PER_SECOND, CORES, NO_UNIT = "cps", "percentunit", "none"
TIMESTAMP = "dateTimeAsIso"

Builder = Any  # the builders of the kinds share their methods, but no type
_DASHES = {"fill": "dash", "dash": [8, 6]}


@dataclass(frozen=True)
class State:
    """What a value means: its text and its colour."""

    value: float
    text: str
    color: str


@dataclass(frozen=True)
class Column:
    """A column of a table: what its query's value is called, and its unit."""

    title: str
    query: str
    unit: str
    states: tuple[State, ...] = ()


def over_time(title: str, description: str, unit: str, *queries: Query, stacked: bool = False) -> Builder:
    """Lines over time; those named ``… (critical)`` and ``… (warning)`` are drawn as thresholds."""
    panel = _panel(timeseries.Panel(), title, description, unit, queries)
    panel.legend(_legend()).tooltip(
        common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
    )
    panel.line_width(1.5).fill_opacity(30 if stacked else 6).show_points(common.VisibilityMode.NEVER)
    panel.min(0)
    if stacked:
        panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    for severity, color in (("critical", "red"), ("warning", "orange")):
        panel.override_by_regexp(f"/\\({severity}\\)$/", _threshold_line(color))
    return panel


def signed_over_time(title: str, description: str, unit: str, *queries: Query) -> Builder:
    """Lines over time that may be below zero."""
    panel = over_time(title, description, unit, *queries)
    panel.build().field_config.defaults.min_val = None
    return panel


def figure(
    title: str, description: str, unit: str, query: Query, *, states: Sequence[State] = (), empty: str = "no data"
) -> Builder:
    """Return one figure, the last of the time range; ``empty`` is what is said without one."""
    panel = _panel(stat.Panel(), title, description, unit, [replace(query, instant=True)])
    panel.graph_mode(common.BigValueGraphMode.NONE).no_value(empty)
    panel.reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
    if states:
        panel.mappings([_mapping(states)]).color_mode(common.BigValueColorMode.BACKGROUND)
    else:
        panel.color_mode(common.BigValueColorMode.NONE)
    return panel


def named(panel: Builder) -> Builder:
    """Return a figure that shows the name of its series and not its value."""
    return panel.text_mode(common.BigValueTextMode.NAME)


def states_over_time(
    title: str, description: str, *queries: Query, states: Sequence[State], empty: str = "no data"
) -> Builder:
    """Return a band for each series, coloured by its state."""
    panel = _panel(statetimeline.Panel(), title, description, NO_UNIT, queries)
    panel.mappings([_mapping(states)]).no_value(empty).merge_values(merge_values=True).fill_opacity(80)
    panel.show_value(common.VisibilityMode.NEVER).row_height(0.8)
    return panel.legend(_legend())


def buckets_over_time(title: str, description: str, unit: str, query: Query) -> Builder:
    """Return a histogram over time: the darker, the more observations."""
    panel = _panel(heatmap_builders.Panel(), title, description, COUNT, [replace(query, heatmap=True)])
    panel.y_axis(heatmap_builders.YAxisConfig().unit(unit))
    panel.color(
        heatmap_builders.HeatmapColorOptions().mode(heatmap.HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
    )
    return panel.cell_gap(0)


def figures_table(
    title: str, description: str, labels: Mapping[str, str], columns: Sequence[Column], *, sort_by: str = ""
) -> Builder:
    """Return a row for each set of labels; ``labels`` maps those that are shown to their headings."""
    queries = [Query(column.query, column.title, instant=True) for column in columns]
    panel = _panel(table.Panel(), title, description, NO_UNIT, queries)
    for target in panel.build().targets:
        target.format_val = PromQueryFormat.TABLE
    # With one query only, its value is not numbered.
    values = [f"Value #{letter}" for letter in ascii_uppercase[: len(columns)]] if len(columns) > 1 else ["Value"]
    names = {**labels, **dict(zip(values, (column.title for column in columns), strict=True))}
    names.setdefault("Value", columns[0].title)  # and so it is when no other query has a result
    panel.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
    panel.with_transformation(
        dashboard.DataTransformerConfig(
            "organize",
            options={
                "excludeByName": {"Time": True, "run_id": "run_id" not in labels, "scenario": "scenario" not in labels},
                "indexByName": {name: index for index, name in enumerate(names)},
                "renameByName": names,
            },
        )
    )
    for column in columns:
        panel.override_by_name(column.title, _column(column))
    if sort_by:
        panel.sort_by([common_builders.TableSortByFieldState().display_name(sort_by).desc(desc=True)])
    return panel


def rates(panel: Builder) -> Builder:
    """Step so wide that a rate over them holds some reports of each worker."""
    return panel.interval(RATE_MIN_STEP)


def linked(panel: Builder, title: str, url: str, column: str) -> Builder:
    """Return a table whose ``column`` leads somewhere."""
    link = {"title": title, "url": url}
    return panel.override_by_name(column, [dashboard.DynamicConfigValue("links", [link])])


def _panel(panel: Builder, title: str, description: str, unit: str, queries: Sequence[Query]) -> Builder:
    panel.title(title).description(description).unit(unit).datasource(DATASOURCE)
    for letter, query in zip(ascii_uppercase, queries, strict=False):
        panel.with_target(_target(letter, query))
    return panel


def _target(letter: str, query: Query) -> prometheus.Dataquery:
    target = prometheus.Dataquery().ref_id(letter).datasource(DATASOURCE).expr(query.expr)
    target.legend_format(query.legend or "__auto")
    if query.heatmap:
        target.format(PromQueryFormat.HEATMAP)
    if query.exemplars:
        target.exemplar(exemplar=True)
    return target.instant() if query.instant else target.range()


def _mapping(states: Sequence[State]) -> dashboard.ValueMap:
    return dashboard.ValueMap(
        {
            f"{state.value:g}": dashboard.ValueMappingResult(text=state.text, color=state.color, index=index)
            for index, state in enumerate(states)
        }
    )


def _column(column: Column) -> list[dashboard.DynamicConfigValue]:
    settings = [dashboard.DynamicConfigValue("unit", column.unit)]
    if column.states:
        settings.append(dashboard.DynamicConfigValue("mappings", [_mapping(column.states)]))
        settings.append(dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-background"}))
    return settings


def _threshold_line(color: str) -> list[dashboard.DynamicConfigValue]:
    return [
        dashboard.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color}),
        dashboard.DynamicConfigValue("custom.lineStyle", _DASHES),
        dashboard.DynamicConfigValue("custom.fillOpacity", 0),
        dashboard.DynamicConfigValue("custom.stacking", {"mode": "none", "group": "thresholds"}),
    ]


def _legend() -> common_builders.VizLegendOptions:
    return (
        common_builders.VizLegendOptions()
        .display_mode(common.LegendDisplayMode.LIST)
        .placement(common.LegendPlacement.BOTTOM)
        .show_legend(show_legend=True)
    )
