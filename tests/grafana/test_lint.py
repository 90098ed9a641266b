"""What every dashboard, panel and query has to keep to."""

from __future__ import annotations

import re
from itertools import combinations
from typing import Any

import pytest

from tests.grafana.dashboard_files import (
    Target,
    dashboards,
    filled,
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
#: What the renderer of the offline report has to know.
PANEL_TYPES = {"heatmap", "stat", "state-timeline", "table", "timeseries"}
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
    everything = dashboards()[name]["panels"]
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
    alerts, phases, notes = dashboards()[name]["annotations"]["list"]
    assert alerts["expr"] == 'ALERTS{run_id="$run_id", alertstate="firing", gate!="watch"}'
    assert phases["expr"] == 'loadtest_phase_start_timestamp_seconds{run_id="$run_id"} * 1000'
    assert phases["useValueForTime"] is True
    assert notes["target"]["tags"] == ["swarmscope", "$run_id"]


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
    assert of_every_run == {f"comparison: Runs that Prometheus holds {ref}" for ref in "ABC"}


def test_names_are_found_in_an_expression_and_nothing_else() -> None:
    expr = (
        'histogram_quantile(0.95, sum by (le, run_id) (rate(a_bucket{b="c d", e=~"f"}[8s] offset -5s))) > bool '
        "on (g) group_right () (last_over_time(loadtest:h[1m]) ^ 0) or i unless -Inf < 1e-12"
    )
    assert metrics_of(expr) == {"a_bucket", "loadtest:h", "i"}
