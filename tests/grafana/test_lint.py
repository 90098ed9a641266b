"""What every dashboard, panel and query has to keep to."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

from grafana.source import colors
from swarmscope.report.html.panels import Kind
from tests.grafana.dashboard_files import (
    Target,
    dashboards,
    filled,
    laid_out,
    panels,
    targets,
    used_variables,
    variables,
)
from tests.grafana.promql_names import metrics_of
from tests.grafana.published import published

NAMES = sorted(dashboards())
BUILT_IN = {"__interval", "__range", "__rate_interval"}
COMMON_VARIABLES = ["datasource", "scenario", "run_id"]
#: What the renderer of the offline report has to know: the last one is of a dashboard that it leaves out.
PANEL_TYPES = {*Kind, "xychart"}
UNITS = {
    "Bps", "bytes", "cps", "dateTimeAsIso", "none", "percentunit", "reqps", "s", "short",
}  # fmt: skip


def filled_with_anything(expr: str) -> str:
    return filled(expr, dict.fromkeys(used_variables(expr), "1") | dict.fromkeys(BUILT_IN, "60s"))


def test_each_dashboard_has_an_uid_of_its_own_which_is_the_name_of_its_file() -> None:
    assert {name: dashboard["uid"] for name, dashboard in dashboards().items()} == {name: name for name in NAMES}
    assert len({dashboard["title"] for dashboard in dashboards().values()}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_dashboard_is_read_only_tagged_and_says_what_it_is_for(name: str) -> None:
    dashboard = dashboards()[name]
    assert (dashboard["editable"], dashboard["tags"]) == (False, ["swarmscope"])
    assert len(dashboard["description"]) > 40


@pytest.mark.parametrize("name", NAMES)
def test_every_panel_has_a_title_of_its_own_a_description_and_a_unit(name: str) -> None:
    assert len({panel["title"] for panel in panels(name)}) == len(panels(name))
    for panel in panels(name):
        assert panel["title"], panel
        assert panel.get("description", "").endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"].get("unit") in UNITS, panel["title"]
        assert panel["type"] in PANEL_TYPES, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_of_a_table_has_a_unit(name: str) -> None:
    for panel in panels(name):
        if panel["type"] == "table":
            units = {
                override["matcher"]["options"]
                for override in panel["fieldConfig"]["overrides"]
                if any(setting["id"] == "unit" and setting["value"] in UNITS for setting in override["properties"])
            }
            assert {target["legendFormat"] for target in panel["targets"]} <= units, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_no_panel_lies_on_another_or_beyond_the_grid(name: str) -> None:
    everything = laid_out(name)
    assert [panel["id"] for panel in everything] == list(range(1, len(everything) + 1))
    for panel in everything:
        place = panel["gridPos"]
        assert place["x"] >= 0, panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
    for one, other in combinations(everything, 2):
        assert not overlap(one["gridPos"], other["gridPos"]), f"{one['title']} and {other['title']}"


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    across = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
    down = one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    return across and down


@pytest.mark.parametrize("name", NAMES)
def test_queries_variables_and_annotations_ask_the_chosen_datasource(name: str) -> None:
    dashboard = dashboards()[name]
    asking: list[dict[str, Any]] = [target for panel in panels(name) for target in panel["targets"]]
    asking += [*panels(name), *(v for v in variables(name).values() if v["type"] == "query")]
    asking += [note for note in dashboard["annotations"]["list"] if "expr" in note]
    assert {entry["datasource"]["uid"] for entry in asking} == {"${datasource}"}
    assert {entry["datasource"]["type"] for entry in asking} == {"prometheus"}


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_that_is_used_is_there_and_every_one_that_is_there_is_used(name: str) -> None:
    known = variables(name)
    assert list(known)[:3] == COMMON_VARIABLES
    expressions = [target["expr"] for panel in panels(name) for target in panel["targets"]]
    asked = [variable["query"]["query"] for variable in known.values() if variable["type"] == "query"]
    used = used_variables(" ".join([*expressions, *asked, "${datasource}"]))
    # Kept where the panels themselves do not need it: the links to the other dashboards carry it there.
    assert used | {"run_id"} == set(known) | (used & BUILT_IN)


@pytest.mark.parametrize("name", NAMES)
def test_runs_are_offered_newest_first(name: str) -> None:
    run = variables(name)["run_id"]
    assert "sort_desc(" in run["query"]["query"]
    assert "loadtest_run_info" in run["query"]["query"]
    assert run.get("sort", 0) == 0, "Grafana's own order would replace that of the query"
    assert re.findall(run["regex"].strip("/"), '{run_id="20260131-120000-smoke"} 1769860800 1769860900000') == [
        "20260131-120000-smoke"
    ]


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_all_dashboards_and_keep_the_run_and_the_time(name: str) -> None:
    [link] = dashboards()[name]["links"]
    assert (link["type"], link["tags"], link["includeVars"], link["keepTime"]) == (
        "dashboards",
        ["swarmscope"],
        True,
        True,
    )


@pytest.mark.parametrize("name", NAMES)
def test_alerts_phases_and_the_runners_notes_are_annotations(name: str) -> None:
    alerts, phases, notes, *_ = dashboards()[name]["annotations"]["list"]
    assert 'ALERTS_FOR_STATE{run_id="$run_id", gate!="watch"}' in alerts["expr"]
    assert phases["expr"] == 'loadtest_phase_start_timestamp_seconds{run_id="$run_id"} * 1000'
    assert notes["target"]["tags"] == ["swarmscope", "$run_id"]
    # A point each and no stretch, which would tint the panels and lie over the notes below it.
    assert [note["useValueForTime"] for note in (alerts, phases)] == [True, True]


@pytest.mark.parametrize("name", NAMES)
def test_an_annotation_names_no_label_that_may_be_missing_which_would_be_written_out(name: str) -> None:
    alerts, phases, _, *others = dashboards()[name]["annotations"]["list"]
    used = [re.findall(r"{{(\w+)}}", note["titleFormat"] + note["textFormat"]) for note in (alerts, phases, *others)]
    assert used == [["row", "alertname"], ["phase", "run_id"], *(["step", "run_id"] for _ in others)]


#: Of Grafana at a window 1366 px wide: the grid, without the page's edges, and a panel's title beside its icons.
PX_OF_A_COLUMN, PX_OF_EDGES, PX_OF_A_LETTER = 55, 44, 7.2


@pytest.mark.parametrize("name", NAMES)
def test_a_title_fits_its_panel_in_a_window_of_1366_pixels(name: str) -> None:
    for panel in panels(name):
        room = panel["gridPos"]["w"] * PX_OF_A_COLUMN - PX_OF_EDGES
        assert len(panel["title"]) * PX_OF_A_LETTER <= room, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_a_table_shows_all_of_its_columns_without_scrolling_sideways(name: str) -> None:
    for panel in (panel for panel in panels(name) if panel["type"] == "table"):
        widths = settings_of(panel, "custom.width")
        shown = panel["transformations"][1]["options"]["renameByName"].values()
        assert set(shown) == set(widths), panel["title"]
        assert sum(widths.values()) <= panel["gridPos"]["w"] * PX_OF_A_COLUMN, panel["title"]


def test_the_first_columns_of_the_objectives_say_what_is_missed_and_by_how_much() -> None:
    [table] = [panel for panel in panels("run-overview") if panel["title"] == "Objectives"]
    order = table["transformations"][1]["options"]
    columns = sorted(order["indexByName"], key=order["indexByName"].__getitem__)
    assert list(dict.fromkeys(order["renameByName"][name] for name in columns)) == [
        "State", "Objective", "Endpoint", "Run so far", "Limit", "Threshold", "Unit", "Headroom",
        "Last minute", "Severity",
    ]  # fmt: skip
    assert table["options"]["sortBy"] == [{"desc": False, "displayName": "Headroom"}]


def settings_of(panel: dict[str, Any], setting: str) -> dict[str, Any]:
    """Return a setting by the column that it is of."""
    return {
        override["matcher"]["options"]: each["value"]
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == setting
    }


def test_a_band_of_states_has_a_query_that_always_has_a_value() -> None:
    # Without one Grafana says "Data does not have a time field".
    bands = [(name, panel) for name in NAMES for panel in panels(name) if panel["type"] == "state-timeline"]
    assert len(bands) == 5
    for name, panel in bands:
        assert any("vector(" in target["expr"] for target in panel["targets"]), (name, panel["title"])
        mapped = panel["fieldConfig"]["defaults"]["mappings"][0]["options"].values()
        assert any(state["color"] == colors.NOTHING for state in mapped), (name, panel["title"])


def test_a_panel_of_zeros_has_an_axis_that_people_know_and_one_of_latencies_is_not_pressed_flat_by_a_threshold() -> (
    None
):
    for name in NAMES:
        for panel in (panel for panel in panels(name) if panel["type"] == "timeseries"):
            defaults = panel["fieldConfig"]["defaults"]
            custom = defaults["custom"]
            if custom.get("scaleDistribution", {}).get("type") == "log":
                assert (defaults["unit"], "min" in defaults) == ("s", False), panel["title"]
                continue
            assert 0 < custom["axisSoftMax"] <= 2**20, panel["title"]
            assert not any("latency_p" in target["expr"] for target in panel["targets"] if defaults["unit"] == "s")


def test_points_against_the_load_have_the_load_on_the_axis_below_and_each_a_color_of_its_own() -> None:
    charts = [(name, panel) for name in NAMES for panel in panels(name) if panel["type"] == "xychart"]
    assert [name for name, _ in charts] == ["capacity"] * 2
    for _, panel in charts:
        [series] = panel["options"]["series"]
        names = panel["transformations"][1]["options"]["renameByName"]
        assert series["x"]["matcher"] == {"id": "byName", "options": names["Value #A"]}
        assert (panel["options"]["mapping"], names["step"]) == ("auto", "Step")
        drawn = [names[f"Value #{target['refId']}"] for target in panel["targets"][1:]]
        colored = settings_of(panel, "color")
        assert {name for name in drawn if not name.endswith("(critical)")} <= set(colored), panel["title"]
        # Of other modes Grafana knows no color in such a panel.
        assert {color["mode"] for color in colored.values()} == {"fixed"}
        assert settings_of(panel, "custom.scaleDistribution") == {"Load": {"type": "linear"}}


def test_colors_mean_one_thing_each() -> None:
    thresholds = {colors.CRITICAL, colors.WARNING}
    for name in NAMES:
        for panel in panels(name):
            config = panel["fieldConfig"]
            plain = {
                state["color"] for one in config["defaults"].get("mappings", []) for state in one["options"].values()
            }
            for override in config["overrides"]:
                settings = {each["id"]: each["value"] for each in override["properties"]}
                color = settings.get("color", {}).get("fixedColor")
                if override["matcher"]["id"] == "byRegexp":
                    assert (color in thresholds, "custom.lineStyle" in settings) == (True, True), panel["title"]
                elif color:
                    plain.add(color)
            assert not plain & thresholds, panel["title"]


def test_what_failed_is_red_and_what_succeeded_is_not() -> None:
    failing = re.compile(r'outcome="failure"|errors_total|auth_failures|exceptions_total|rate_limited|failures_total')
    for name in NAMES:
        for panel in (panel for panel in panels(name) if panel["type"] == "timeseries"):
            color_of = {
                override["matcher"]["options"]: each["value"]["fixedColor"]
                for override in panel["fieldConfig"]["overrides"]
                for each in override["properties"]
                if each["id"] == "color"
            }
            for target in (target for target in panel["targets"] if "rate(" in target["expr"]):
                color = color_of.get(target["refId"], colors.MEASURED)
                where = name, panel["title"], target["refId"]
                if failing.search(target["expr"]):
                    assert color in {colors.BAD, "dark-red", colors.DOUBTFUL}, where
                elif 'outcome="success"' in target["expr"]:
                    assert color in {colors.GOOD, colors.NOTHING}, where


def test_at_most_one_threshold_of_each_severity_is_drawn_for_one_objective() -> None:
    # Ten red dashes that look the same say nothing: many thresholds of one objective are one line, or a share of it.
    for target in targets():
        of_each = "loadtest:run_threshold" in target.expr and target.kind == "timeseries"
        if of_each and re.search(r'objective="(endpoint_|transaction_)', target.expr):
            assert "min by" in target.expr, str(target)


def test_panels_that_cannot_have_data_on_every_stack_are_folded_and_say_why() -> None:
    rows = [panel for panel in dashboards()["system-under-test"]["panels"] if panel["type"] == "row"]
    folded = {row["title"].partition(":")[0]: row["title"] for row in rows if row["collapsed"]}
    assert set(folded) == {"PostgreSQL", "Redis"}
    assert all("which the Docker stack has" in title for title in folded.values())
    names = [
        target["expr"] for row in rows if row["collapsed"] for panel in row["panels"] for target in panel["targets"]
    ]
    exported = re.compile(r"\b(?:pg|redis)_\w+")
    assert all(exported.search(expr) for expr in names)
    others = [target for target in targets() if target.expr not in names]
    assert not any(exported.search(target.expr) for target in others)


def test_what_decides_is_asked_of_the_run_and_not_of_the_time_range() -> None:
    of_run = {"Verdict", "First breach", "Objectives"}
    asked = [target for target in targets() if target.dashboard == "run-overview" and target.panel in of_run]
    assert len(asked) == 7
    assert not any("$__range" in target.expr for target in asked)


def test_the_steps_of_a_search_are_asked_for_whatever_the_time_range_is() -> None:
    of_steps = {"Steps of the search", "Latency against load", "Throughput against load", "Verdict of the latest step"}
    asked = [target for target in targets() if target.dashboard == "capacity" and target.panel in of_steps]
    assert len(asked) == 16
    assert not any("$__range" in target.expr for target in asked)


def test_counts_are_whole_numbers() -> None:
    ledger = [panel for panel in panels("generator-health") if panel["type"] == "stat"]
    assert len(ledger) == 8
    for panel in ledger:
        defaults = panel["fieldConfig"]["defaults"]
        assert (defaults["unit"], defaults["decimals"]) == ("none", 0), panel["title"]


@pytest.mark.parametrize("target", targets(), ids=str)
def test_a_query_asks_only_for_what_is_published(target: Target) -> None:
    asked = metrics_of(filled_with_anything(target.expr))
    assert asked or target.expr.startswith("vector(")
    assert asked - published() == set()


@pytest.mark.parametrize("target", targets(), ids=str)
def test_a_rate_is_over_the_rate_interval(target: Target) -> None:
    expr = re.sub(r'"[^"]*"', '""', target.expr)
    found = re.findall(r"\b(?:rate|increase|delta)\([^\[]*\[([^\]]*)\]", expr)
    assert len(found) == len(re.findall(r"\b(?:i?rate|increase|i?delta|deriv)\(", expr))
    assert set(found) <= {"$__rate_interval"}


def test_a_run_s_own_series_are_asked_for_by_its_id() -> None:
    of_every_run = {
        str(target)
        for target in targets()
        for matchers in re.findall(r"\bloadtest_\w+(\{[^}]*\})?", target.expr)
        if "run_id=" not in matchers
    }
    assert of_every_run == {f"comparison: Runs that Prometheus holds {ref}" for ref in "ABCD"}


def test_names_are_found_in_an_expression_and_nothing_else() -> None:
    expr = (
        'histogram_quantile(0.95, sum by (le, run_id) (rate(a_bucket{b="c d", e=~"f"}[8s] offset -5s))) > bool '
        "on (g) group_right () (last_over_time(loadtest:h[1m]) ^ 0) or i unless -Inf < 1e-12"
    )
    assert metrics_of(expr) == {"a_bucket", "loadtest:h", "i"}
