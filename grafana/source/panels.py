"""The kinds of panel, each with what all of its kind have in common; `grafana.source.frame` puts them in places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase
from typing import Any

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboard_builders
from grafana_foundation_sdk.builders import heatmap as heatmap_builders
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import xychart as xychart_builders
from grafana_foundation_sdk.models import common, dashboard, heatmap, xychart
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.source import colors
from grafana.source.queries import Query, phases

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="${datasource}")
#: Of panels that draw rates: workers report every 3 s, and a rate over less than some reports is a saw.
RATE_MIN_STEP = "10s"

SECONDS, RATIO, PER_SECOND, COUNT, BYTES, BYTES_PER_SECOND = "s", "percentunit", "reqps", "short", "bytes", "Bps"
EVENTS_PER_SECOND, CORES, NO_UNIT = "cps", "percentunit", "none"
TIMESTAMP = "dateTimeAsIso"
#: How far an axis reaches at least: one of zeros alone would go up to 10000 %.
_LOWEST_TOP = {SECONDS: 0.1, RATIO: 0.05, BYTES: 2.0**20, BYTES_PER_SECOND: 1024.0}

Builder = Any  # the builders of the kinds share their methods, but no type
_DASHES = {"fill": "dash", "dash": [8, 6]}
_RUN_LABELS = ("run_id", "scenario")


@dataclass(frozen=True)
class State:
    """What a value means: its text and its color."""

    value: float
    text: str
    color: str


@dataclass(frozen=True)
class Label:
    """A column of a table with the values of a label; ``texts`` are what is shown instead of some of them."""

    name: str
    title: str
    width: int  #: in pixels
    texts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Column:
    """A column of a table: what its query's value is called, and its unit."""

    title: str
    query: str
    unit: str
    width: int  #: in pixels
    states: tuple[State, ...] = ()


def over_time(title: str, description: str, unit: str, *queries: Query, stacked: bool = False) -> Builder:
    """Lines over time; those named ``… (critical)`` and ``… (warning)`` are drawn as thresholds."""
    panel = _panel(timeseries.Panel(), title, description, unit, queries)
    panel.legend(_legend()).tooltip(
        common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI).sort(common.SortOrder.DESCENDING)
    )
    panel.line_width(1.5).fill_opacity(30 if stacked else 6).show_points(common.VisibilityMode.NEVER)
    panel.min(0).axis_soft_max(_LOWEST_TOP.get(unit, 1.0))
    if stacked:
        panel.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    panel.color_scheme(_shades(colors.MEASURED))
    for letter, query in zip(ascii_uppercase, queries, strict=False):
        if query.color:
            panel.override_by_query(letter, [_colored(query.color, shades=query.of_many)])
    for severity, color in (("critical", colors.CRITICAL), ("warning", colors.WARNING)):
        panel.override_by_regexp(f"/\\({severity}\\)$/", _threshold_line(color))
    return panel


def signed_over_time(title: str, description: str, unit: str, *queries: Query) -> Builder:
    """Lines over time that may be below zero."""
    panel = over_time(title, description, unit, *queries)
    panel.build().field_config.defaults.min_val = None
    return panel.axis_soft_min(-_LOWEST_TOP.get(unit, 1.0))


def latency_over_time(title: str, description: str, *queries: Query) -> Builder:
    """Seconds over time, each power of ten as high as the other: a threshold far above does not press them flat."""
    panel = over_time(title, description, SECONDS, *queries)
    panel.build().field_config.defaults.min_val = None
    panel.build().field_config.defaults.custom.axis_soft_max = None
    scale = common_builders.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10)
    return panel.scale_distribution(scale)


def figure(
    title: str, description: str, unit: str, query: Query, *, states: Sequence[State] = (), empty: str = "no data"
) -> Builder:
    """Return one figure, the last of the time range; ``empty`` is what is said without one."""
    panel = _panel(stat.Panel(), title, description, unit, [replace(query, instant=True)])
    panel.graph_mode(common.BigValueGraphMode.NONE).no_value(empty)
    panel.reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
    # What is in no state, or nothing at all, is neither good nor bad.
    gray = dashboard.Threshold(value=None, color=colors.NOTHING)
    panel.thresholds(dashboard_builders.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps([gray]))
    if unit == NO_UNIT:
        panel.decimals(0)
    if states:
        panel.mappings([_mapping(states)]).color_mode(common.BigValueColorMode.BACKGROUND)
    else:
        panel.color_mode(common.BigValueColorMode.NONE)
    return panel


def named(panel: Builder) -> Builder:
    """Return a figure that shows the name of its series and not its value."""
    return panel.text_mode(common.BigValueTextMode.NAME)


def states_over_time(title: str, description: str, *queries: Query, states: Sequence[State]) -> Builder:
    """Return a band for each series, colored by its state.

    The queries have to have a value where there is nothing to say: Grafana shows an error without one.
    """
    panel = _panel(statetimeline.Panel(), title, description, NO_UNIT, queries)
    panel.mappings([_mapping(states)]).merge_values(merge_values=True).fill_opacity(80)
    panel.show_value(common.VisibilityMode.NEVER).row_height(0.8)
    return panel.legend(_legend())


def phases_over_time(description: str) -> Builder:
    """Return a band for each phase that the run was in."""
    states = (State(0, "no run", colors.NOTHING), State(1, "active", colors.MEASURED))
    return states_over_time("Phases", description, phases(), states=states)


def buckets_over_time(title: str, description: str, unit: str, query: Query) -> Builder:
    """Return a histogram over time: the darker, the more observations."""
    panel = _panel(heatmap_builders.Panel(), title, description, COUNT, [replace(query, heatmap=True)])
    panel.y_axis(heatmap_builders.YAxisConfig().unit(unit))
    panel.color(heatmap_builders.HeatmapColorOptions().mode(heatmap.HeatmapColorMode.SCHEME).scheme("Blues").steps(64))
    return panel.cell_gap(0)


def figures_table(
    title: str, description: str, columns: Sequence[Label | Column], *, sort_by: str = "", ascending: bool = False
) -> Builder:
    """Return a row for each set of labels, with the columns from left to right; other labels are not shown."""
    asked = [column for column in columns if isinstance(column, Column)]
    panel = _panel(
        table.Panel(), title, description, NO_UNIT, [Query(one.query, one.title, instant=True) for one in asked]
    )
    # With one query only, its value is not numbered.
    values = [f"Value #{letter}" for letter in ascii_uppercase[: len(asked)]] if len(asked) > 1 else ["Value"]
    fields = dict(zip((column.title for column in asked), values, strict=True))
    names = {(c.name if isinstance(c, Label) else fields[c.title]): c.title for c in columns}
    names.setdefault("Value", asked[0].title)  # and so it is when no other query has a result
    _in_rows(panel, names)
    for column in columns:
        panel.override_by_name(column.title, _settings(column))
    if sort_by:
        order = common_builders.TableSortByFieldState().display_name(sort_by).desc(desc=not ascending)
        panel.sort_by([order])
    return panel


def against_load(title: str, description: str, unit: str, load: Query, label: Label, *queries: Query) -> Builder:
    """Return points, one for each value of the label: what the queries say against the load that goes with it.

    Latencies go by powers of ten, and thresholds are lines, as over time.
    """
    panel = _panel(
        xychart_builders.Panel(), title, description, unit, [replace(one, instant=True) for one in (load, *queries)]
    )
    titles = (load.legend, *(query.legend for query in queries))
    values = {f"Value #{letter}": title for letter, title in zip(ascii_uppercase, titles, strict=False)}
    _in_rows(panel, {label.name: label.title, **values})
    x_matcher = xychart_builders.MatcherConfig().id("byName").options(load.legend)
    x = xychart_builders.XychartXYSeriesConfigX().matcher(x_matcher)
    panel.mapping(xychart.SeriesMapping.AUTO).series([xychart_builders.XYSeriesConfig().x(x)]).legend(_legend())
    panel.tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.SINGLE))
    panel.show(xychart.XYShowMode.POINTS).point_size(xychart_builders.XychartFieldConfigPointSize().fixed(8))
    panel.color_scheme(_fixed(colors.MEASURED))
    if unit == SECONDS:
        panel.scale_distribution(common_builders.ScaleDistributionConfig().type(common.ScaleDistribution.LOG).log(10))
    else:
        panel.min(0)
    for query in queries:
        if query.color:
            panel.override_by_name(query.legend, [_colored(query.color)])
    of_x = {"unit": COUNT, "min": 0, "custom.axisLabel": load.legend, "custom.scaleDistribution": {"type": "linear"}}
    panel.override_by_name(load.legend, [dashboard.DynamicConfigValue(*setting) for setting in of_x.items()])
    for severity, color in (("critical", colors.CRITICAL), ("warning", colors.WARNING)):
        line = [_colored(color), dashboard.DynamicConfigValue("custom.lineStyle", _DASHES)]
        line.append(dashboard.DynamicConfigValue("custom.show", xychart.XYShowMode.LINES))
        panel.override_by_regexp(f"/\\({severity}\\)$/", line)
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


def _in_rows(panel: Builder, names: Mapping[str, str]) -> None:
    """Make a row of what the queries say of the same labels, with fields by their names, in that order."""
    for target in panel.build().targets:
        target.format_val = PromQueryFormat.TABLE
    hidden = {"Time": True} | {name: name not in names for name in _RUN_LABELS}
    panel.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
    panel.with_transformation(
        dashboard.DataTransformerConfig(
            "organize",
            options={
                "excludeByName": hidden,
                "indexByName": {name: index for index, name in enumerate(names)},
                "renameByName": dict(names),
            },
        )
    )


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


def _settings(column: Label | Column) -> list[dashboard.DynamicConfigValue]:
    settings = [dashboard.DynamicConfigValue("custom.width", column.width)]
    if isinstance(column, Label):
        if column.texts:
            texts = {value: dashboard.ValueMappingResult(text=text) for value, text in column.texts}
            settings.append(dashboard.DynamicConfigValue("mappings", [dashboard.ValueMap(texts)]))
        return settings
    settings.append(dashboard.DynamicConfigValue("unit", column.unit))
    if column.states:
        settings.append(dashboard.DynamicConfigValue("mappings", [_mapping(column.states)]))
        settings.append(dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-background"}))
    return settings


def _shades(color: str) -> dashboard_builders.FieldColor:
    return dashboard_builders.FieldColor().mode(dashboard.FieldColorModeId.SHADES).fixed_color(color)


def _fixed(color: str) -> dashboard_builders.FieldColor:
    return dashboard_builders.FieldColor().mode(dashboard.FieldColorModeId.FIXED).fixed_color(color)


def _colored(color: str, *, shades: bool = False) -> dashboard.DynamicConfigValue:
    return dashboard.DynamicConfigValue("color", {"mode": "shades" if shades else "fixed", "fixedColor": color})


def _threshold_line(color: str) -> list[dashboard.DynamicConfigValue]:
    return [
        _colored(color),
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
