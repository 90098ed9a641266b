"""What the report reads of a dashboard, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from swarmscope.report.html.dashboards import (
    OF_MANY_RUNS,
    READING_ORDER,
    read_dashboard,
    read_dashboards,
    seconds_of_step,
)
from swarmscope.report.html.fields import DashboardError
from swarmscope.report.html.page import page_css
from swarmscope.report.html.panels import Kind, Organize, State
from swarmscope.report.html.rendered import JUDGED_ROWS, OVERVIEW
from swarmscope.report.html.units import text_of
from tests.grafana.dashboard_files import dashboards, panels
from tests.report.builders import board, document


def test_every_panel_of_every_committed_dashboard_of_a_run_is_one_that_the_report_can_draw() -> None:
    read = {each.uid: [panel.title for panel in each.panels] for each in read_dashboards()}
    assert read == {name: [panel["title"] for panel in panels(name)] for name in dashboards().keys() - OF_MANY_RUNS}


def test_the_dashboards_come_in_reading_order() -> None:
    assert tuple(each.uid for each in read_dashboards()) == READING_ORDER


def test_every_kind_of_panel_occurs_in_a_committed_dashboard() -> None:
    assert {panel.kind for each in read_dashboards() for panel in each.panels} == set(Kind)


def test_every_unit_of_a_committed_dashboard_can_be_written() -> None:
    for panel in (panel for each in read_dashboards() for panel in each.panels):
        for unit in (panel.unit, *(column.unit for column in panel.columns.values())):
            assert text_of(unit, 1.0), panel.title


def test_every_colour_that_a_state_has_is_one_of_the_page() -> None:
    states = [state for each in read_dashboards() for panel in each.panels for state in panel.meanings.states.values()]
    known = {"", *re.findall(r"--([\w-]+): light-dark", page_css())}
    named = {state.color for state in states if not state.color.startswith("light-dark(")}
    assert named - known == set()
    assert State("pending", "yellow") in states


def test_a_folder_without_dashboards_is_no_empty_report(tmp_path: Path) -> None:
    with pytest.raises(DashboardError, match="There are no dashboards in "):
        read_dashboards(tmp_path)


def test_a_key_is_unique_over_all_dashboards() -> None:
    keys = [panel.key for each in read_dashboards() for panel in each.panels]
    assert len(set(keys)) == len(keys)


def test_a_panel_keeps_its_place_its_step_and_how_its_lines_are_drawn() -> None:
    [panel] = board(
        document("timeseries", interval="10s", unit="s", custom={"stacking": {"mode": "normal"}}, width=8, height=9)
    ).panels
    assert (panel.width, panel.height, panel.min_step_seconds, panel.stacked, panel.unit) == (8, 9, 10.0, True, "s")


def test_a_table_keeps_what_organize_makes_of_its_fields() -> None:
    options = {"excludeByName": {"Time": True, "run_id": False}, "indexByName": {"a": 0}, "renameByName": {"a": "A"}}
    transformations = [{"id": "merge", "options": {}}, {"id": "organize", "options": options}]
    [panel] = board(document("table", transformations=transformations)).panels
    assert panel.organize == Organize(frozenset({"Time"}), {"a": 0}, {"a": "A"})


def test_the_panels_of_a_collapsed_row_are_a_section_that_is_folded() -> None:
    within = document("stat", title="Within") | {"id": 2}
    rows = [
        {"type": "row", "title": "Open", "collapsed": False, "panels": []},
        document("stat", title="Beside"),
        {"type": "row", "title": "Closed", "collapsed": True, "panels": [within]},
    ]
    read = board(*rows)
    assert [(row.title, row.is_folded, [panel.title for panel in row.panels]) for row in read.rows] == [
        ("Open", False, ["Beside"]),
        ("Closed", True, ["Within"]),
    ]
    assert [panel.key for panel in read.panels] == ["made-1", "made-2"]


def override(matcher: str, name: str, *properties: dict[str, Any]) -> dict[str, Any]:
    return {"matcher": {"id": matcher, "options": name}, "properties": list(properties)}


KINDS = "timeseries, stat, table, state-timeline, heatmap"
REFUSED: list[tuple[dict[str, Any], str]] = [
    (document("piechart"), f"made: Latency is a 'piechart', which the report cannot draw: expected {KINDS}"),
    (
        document("table", transformations=[{"id": "groupBy", "options": {}}]),
        "made: Latency is transformed by 'groupBy': the report knows merge, organize",
    ),
    (
        document("stat", mappings=[{"type": "range", "options": {}}]),
        "made: Latency maps values by 'range': the report knows 'value', and 'special' for no value",
    ),
    (
        document("stat", mappings=[{"type": "special", "options": {"match": "true", "result": {}}}]),
        "made: Latency maps values by 'special' of 'true': the report knows 'value', and 'special' for no value",
    ),
    (
        document("timeseries", overrides=[override("byName", "p95", {"id": "unit", "value": "short"})]),
        "made: Latency has a line with unit of its own: the report draws one axis",
    ),
    (
        document("timeseries", overrides=[override("byRegexp", "/+/", {"id": "color", "value": {}})]),
        "made: Latency overrides fields by the invalid expression '/+/': nothing to repeat at position 0",
    ),
    (
        document("stat", overrides=[{"matcher": {"id": "byType", "options": "number"}, "properties": []}]),
        "made: Latency overrides fields by byType 'number', which the report does not know",
    ),
]


@pytest.mark.parametrize(("panel", "message"), REFUSED, ids=lambda given: given if isinstance(given, str) else "")
def test_what_the_report_could_not_draw_is_refused_by_name(panel: dict[str, Any], message: str) -> None:
    with pytest.raises(DashboardError, match=f"^{re.escape(message)}$"):
        board(panel)


def test_a_variable_of_an_unknown_type_is_refused() -> None:
    variable = {"name": "step", "type": "interval"}
    made = {"uid": "made", "title": "Made", "panels": [], "templating": {"list": [variable]}}
    with pytest.raises(DashboardError, match="The variable step is of the unknown type 'interval'"):
        read_dashboard(made)


def test_a_step_is_a_number_with_a_unit() -> None:
    assert [seconds_of_step(text) for text in ("500ms", "10s", "1.5m", "2h")] == [0.5, 10.0, 90.0, 7200.0]
    with pytest.raises(ValueError, match="Invalid step '10': expected a number and ms, s, m or h"):
        seconds_of_step("10")


def test_the_rows_that_a_verdict_repeats_are_those_of_the_run_overview() -> None:
    [overview] = [each for each in read_dashboards() if each.uid == OVERVIEW]
    assert {row.title for row in overview.rows} >= JUDGED_ROWS
