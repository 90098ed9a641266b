"""What each kind of panel makes of an answer; every figure is one that Plotly itself finds valid."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from swarmscope.report.html.axes import value_axis
from swarmscope.report.html.panel_data import Answer, Line
from swarmscope.report.html.rendered import ShownPanel, shown_panel
from swarmscope.report.html.tables import Cell, Figure
from tests.report.builders import AROUND, asker, board, document, states
from tests.report.fake_prometheus import BEGIN, END, FakePrometheus, Rows


def drawn(panel: dict[str, Any], answers: dict[str, Rows]) -> ShownPanel:
    [read] = board(panel).panels
    shown = shown_panel(read, AROUND, asker(FakePrometheus(answers)))
    if shown.chart is not None:
        go.Figure(shown.chart)  # raises ValueError for a property or a value that Plotly does not know
    return shown


def chart_of(panel: dict[str, Any], answers: dict[str, Rows]) -> dict[str, Any]:
    shown = drawn(panel, answers)
    assert shown.chart is not None, shown.why_empty
    return shown.chart


LATENCY = document(
    "timeseries",
    ('p95{run_id="$run_id"}', "p95 {{method}} {{name}}"),
    ("limit", "threshold ({{severity}})"),
)


def test_lines_have_the_names_of_their_legend_and_values_in_the_unit_of_the_axis() -> None:
    figure = chart_of(LATENCY, {'p95{run_id="one"}': [({"method": "GET", "name": "/a"}, 0.0204)]})
    [line] = figure["data"]
    assert (line["name"], set(line["y"]), line["dx"]) == ("p95 GET /a", {20.4}, 2000)
    assert (line["x0"], figure["layout"]["xaxis"]["range"]) == (BEGIN * 1000, [BEGIN * 1000, END * 1000])
    assert figure["layout"]["yaxis"]["ticksuffix"] == " ms"
    assert figure["layout"]["yaxis"]["range"] == [0, pytest.approx(21.62)]


def test_a_threshold_is_a_dashed_line_in_the_colour_of_its_severity() -> None:
    answers: dict[str, Rows] = {'p95{run_id="one"}': [({}, 0.3)], "limit": [({"severity": "critical"}, 0.5)]}
    figure = chart_of(LATENCY, answers)
    _, limit = figure["data"]
    assert (limit["name"], limit["line"]["dash"]) == ("threshold (critical)", "dash")
    assert limit["meta"] == {"color": "limit-critical", "limit": "500 ms"}
    assert figure["layout"]["yaxis"]["range"][1] > 500
    assert figure["layout"]["meta"]["beyond"] == []


def test_a_threshold_far_above_does_not_press_the_lines_flat_but_is_named() -> None:
    figure = chart_of(LATENCY, {'p95{run_id="one"}': [({}, 0.01)], "limit": [({"severity": "warning"}, 5.0)]})
    assert figure["layout"]["yaxis"]["range"] == [0, 12]
    assert figure["layout"]["meta"]["beyond"] == [{"text": "threshold (warning): 5 s", "color": "limit-warning"}]


def test_what_is_stacked_needs_room_for_the_sum() -> None:
    panel = document("timeseries", ("a", "{{kind}}"), unit="reqps", custom={"stacking": {"mode": "normal"}})
    figure = chart_of(panel, {"a": [({"kind": "x"}, 10.0), ({"kind": "y"}, 20.0)]})
    assert {line["stackgroup"] for line in figure["data"]} == {"all"}
    assert figure["layout"]["yaxis"]["range"] == [0, 31.8]


def test_more_lines_than_colours_differ_in_their_dashes() -> None:
    figure = chart_of(document("timeseries", ("a", "{{n}}")), {"a": [({"n": str(n)}, 1.0) for n in range(30)]})
    looks = {(line["meta"]["color"], line["line"]["dash"]) for line in figure["data"]}
    assert len(looks) == 30


def test_a_value_that_is_no_number_is_a_gap() -> None:
    panel = document("timeseries", ("a", "a"), ("b", "b"))
    figure = chart_of(panel, {"a": [({}, float("nan"))], "b": [({}, 1.0)]})
    assert [line["name"] for line in figure["data"]] == ["b"]


def test_traced_requests_are_dots_that_carry_their_trace() -> None:
    panel = document("timeseries", ("a", "slowest"))
    panel["targets"][0]["exemplar"] = True
    figure = chart_of(panel, {"a": [({}, 0.1)], "exemplars of a": [({"trace_id": "4bf9"}, 0.4), ({}, 0.2)]})
    _, dots = figure["data"]
    assert (dots["mode"], dots["x"], dots["y"], dots["customdata"]) == ("markers", [END * 1000], [400], ["4bf9"])
    assert figure["layout"]["yaxis"]["range"] == [0, 424]


LOG = {"scaleDistribution": {"type": "log", "log": 10}}


def test_an_axis_of_powers_of_ten_has_times_beside_it_and_reaches_a_threshold_far_away() -> None:
    panel = document("timeseries", ("p95", "p95"), ("limit", "threshold ({{severity}})"), custom=LOG)
    figure = chart_of(panel, {"p95": [({}, 0.004)], "limit": [({"severity": "critical"}, 2.0)]})
    axis = figure["layout"]["yaxis"]
    assert (axis["type"], axis["ticktext"]) == ("log", ["10 ms", "100 ms", "1 s"])
    assert axis["tickvals"] == [10, 100, 1000]
    begin, end = (10**exponent for exponent in axis["range"])
    assert begin == pytest.approx(4 / 1.06, rel=0.001)
    assert end == pytest.approx(2000 * 1.06, rel=0.001)
    assert figure["layout"]["meta"]["beyond"] == []
    assert "fill" not in figure["data"][0]


def test_few_powers_of_ten_have_steps_between_them() -> None:
    panel = document("timeseries", ("p95", "p95"), ("p99", "p99"), custom=LOG)
    axis = chart_of(panel, {"p95": [({}, 0.004)], "p99": [({}, 0.03)]})["layout"]["yaxis"]
    assert axis["ticktext"] == ["5 ms", "10 ms", "20 ms"]


def test_an_axis_of_powers_of_ten_reaches_its_soft_ends_and_leaves_zero_out() -> None:
    panel = document("timeseries", ("a", "a"), ("b", "b"), custom={**LOG, "axisSoftMin": 0.001, "axisSoftMax": 10})
    axis = chart_of(panel, {"a": [({}, 0.0)], "b": [({}, 0.1)]})["layout"]["yaxis"]
    assert axis["ticktext"] == ["1 ms", "10 ms", "100 ms", "1 s", "10 s"]


def test_zeros_alone_are_on_a_plain_axis() -> None:
    axis = chart_of(document("timeseries", ("a", "a"), custom=LOG), {"a": [({}, 0.0)]})["layout"]["yaxis"]
    assert axis["range"] == [0, 1]
    assert "type" not in axis


def test_a_panel_of_zeros_is_as_high_as_its_dashboard_asks_for() -> None:
    panel = document("timeseries", ("a", "a"), unit="percentunit", custom={"axisSoftMax": 0.05})
    assert chart_of(panel, {"a": [({}, 0.0)]})["layout"]["yaxis"]["range"] == [0, 5.3]
    assert chart_of(panel, {"a": [({}, 0.1)]})["layout"]["yaxis"]["range"] == [0, 10.6]


def test_a_threshold_within_a_soft_end_is_drawn_however_small_the_values_are() -> None:
    panel = document("timeseries", ("a", "a"), ("limit", "threshold ({{severity}})"), custom={"axisSoftMax": 1})
    figure = chart_of(panel, {"a": [({}, 0.01)], "limit": [({"severity": "critical"}, 0.5)]})
    assert figure["layout"]["meta"]["beyond"] == []


def test_an_axis_on_both_sides_of_zero_reaches_its_soft_ends() -> None:
    panel = document("timeseries", ("a", "a"), unit="none", signed=True, custom={"axisSoftMin": -5, "axisSoftMax": 5})
    assert chart_of(panel, {"a": [({}, 1.0)]})["layout"]["yaxis"]["autorangeoptions"] == {"include": [-5, 5]}


def test_what_is_counted_in_whole_numbers_has_whole_numbers_beside_it() -> None:
    panel = document("timeseries", ("a", "a"), unit="none")
    panel["fieldConfig"]["defaults"]["decimals"] = 0
    assert chart_of(panel, {"a": [({}, 2.0)]})["layout"]["yaxis"]["dtick"] == 1
    assert "dtick" not in chart_of(panel, {"a": [({}, 200.0)]})["layout"]["yaxis"]


def fixed(matcher: str, name: str, color: str) -> dict[str, Any]:
    value = {"mode": "fixed", "fixedColor": color}
    return {"matcher": {"id": matcher, "options": name}, "properties": [{"id": "color", "value": value}]}


def test_lines_of_a_fixed_color_keep_it_and_the_others_take_those_of_the_palette() -> None:
    overrides = [
        fixed("byRegexp", "/^Fail/i", "dark-red"),
        fixed("byName", "success", "#2f9e44"),
        fixed("byName", "p95", "#0072B2"),
    ]
    panel = document("timeseries", ("a", "{{n}}"), overrides=overrides)
    names = ("failure", "failed late", "success", "p95", "success of others", "p99")
    figure = chart_of(panel, {"a": [({"n": name}, 1.0) for name in names]})
    assert {line["name"]: line["meta"]["color"] for line in figure["data"]} == {
        "failure": "red",
        "failed late": "red",
        "success": "green",
        "p95": "light-dark(#0072b2, #3db9ff)",
        "success of others": "series-1",
        "p99": "series-2",
    }
    dashes = {line["name"]: line["line"]["dash"] for line in figure["data"]}
    assert (dashes["failure"], dashes["failed late"], dashes["p95"]) == ("solid", "dot", "solid")


def test_the_last_of_two_colors_holds() -> None:
    overrides = [fixed("byRegexp", "/./", "blue"), fixed("byName", "errors", "#D55E00")]
    [line] = chart_of(document("timeseries", ("a", "errors"), overrides=overrides), {"a": [({}, 1.0)]})["data"]
    assert line["meta"]["color"] == "red"


ALERTS = document(
    "state-timeline", ("alerts", "{{alertname}}"), mappings=states(("1", "pending", "yellow"), ("2", "firing", "red"))
)


def test_a_state_is_a_bar_from_its_beginning_to_its_end() -> None:
    figure = chart_of(ALERTS, {"alerts": [({"alertname": "Slow"}, 2.0), ({"alertname": "Lost"}, 1.0)]})
    firing, pending = figure["data"]
    assert (firing["name"], firing["meta"], firing["y"]) == ("firing", {"color": "red"}, [0])
    assert (firing["base"], firing["x"]) == ([BEGIN * 1000], [(END - BEGIN) * 1000])
    assert (pending["name"], pending["customdata"]) == ("pending", ["Lost"])
    assert figure["layout"]["meta"]["rows"] == ["Slow", "Lost"]


def test_states_that_mean_nothing_are_no_chart() -> None:
    assert drawn(ALERTS, {"alerts": [({"alertname": "Slow"}, 7.0)]}).chart is None


def test_a_row_that_stands_for_no_alert_is_none_beside_alerts_and_words_without_any() -> None:
    meanings = states(("0", "no alert", "gray"), ("2", "firing", "red"))
    panel = document("state-timeline", ("alerts", "{{row}}"), mappings=meanings)
    nothing = ({"row": "no alert"}, 0.0)
    figure = chart_of(panel, {"alerts": [nothing, ({"row": "Slow"}, 2.0)]})
    assert figure["layout"]["meta"]["rows"] == ["Slow"]
    assert [bar["name"] for bar in figure["data"]] == ["firing"]
    assert drawn(panel, {"alerts": [nothing]}).figure == Figure("no alert", is_there=False)


BUCKETS = document("heatmap", ("buckets", "{{le}}"), unit="short", options={"yAxis": {"unit": "s"}})


def test_a_bucket_holds_what_the_one_below_does_not_and_empty_ends_are_left_out() -> None:
    edges = (("0.01", 0.0), ("0.02", 3.0), ("0.05", 3.0), ("0.1", 10.0), ("+Inf", 10.0))
    figure = chart_of(BUCKETS, {"buckets": [({"le": edge}, count) for edge, count in reversed(edges)]})
    [heat] = figure["data"]
    assert heat["y"] == ["≤ 20 ms", "≤ 50 ms", "≤ 100 ms"]
    assert [row[0] for row in heat["z"]] == [3, None, 7]


def test_buckets_without_observations_are_no_chart() -> None:
    shown = drawn(BUCKETS, {"buckets": [({"le": "+Inf"}, 0.0)]})
    assert shown.chart is None
    assert shown.why_empty


def stat(**more: Any) -> dict[str, Any]:
    return document("stat", ("a", "{{phase}}"), instant=True, **more)


def test_a_figure_is_the_value_in_its_unit() -> None:
    assert drawn(stat(unit="percentunit"), {"a": [({}, 0.0123)]}).figure == Figure("1.23 %")


def test_a_figure_that_means_something_says_that() -> None:
    meanings = states(("0", "Passing so far", "green"), ("2", "Failing", "red"))
    assert drawn(stat(unit="none", mappings=meanings), {"a": [({}, 2.0)]}).figure == Figure("Failing", "red")


def test_a_figure_may_be_the_name_of_its_series() -> None:
    assert drawn(stat(options={"textMode": "name"}), {"a": [({"phase": "steady"}, 1.0)]}).figure == Figure("steady")


def test_a_figure_without_a_value_says_so_in_the_words_of_its_panel() -> None:
    assert drawn(stat(no_value="no breach"), {}).figure == Figure("no breach", is_there=False)


NO_VALUE = {"type": "special", "options": {"match": "null", "result": {"text": "not measured", "color": "orange"}}}


def test_the_lack_of_a_value_may_mean_something_too() -> None:
    assert drawn(stat(mappings=[NO_VALUE]), {}).figure == Figure("not measured", "orange", is_there=False)
    assert drawn(stat(mappings=[NO_VALUE]), {"a": [({}, 0.5)]}).figure == Figure("500 ms")


def test_a_meaning_without_a_text_colors_the_value_itself() -> None:
    mappings = [{"type": "value", "options": {"3": {"color": "red"}}}]
    assert drawn(stat(unit="none", mappings=mappings), {"a": [({}, 3.0)]}).figure == Figure("3", "red")


def test_a_figure_has_as_many_decimals_as_its_panel_asks_for() -> None:
    panel = stat(unit="percentunit")
    panel["fieldConfig"]["defaults"]["decimals"] = 1
    assert drawn(panel, {"a": [({}, 0.12345)]}).figure == Figure("12.3 %")


def settings(name: str, **properties: Any) -> dict[str, Any]:
    ids = {"mappings": "mappings", "title": "displayName", "width": "custom.width", "hidden": "custom.hidden"}
    found = [{"id": ids.get(key, key), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": found}


def test_a_table_shows_the_words_of_its_dashboard_and_hides_what_that_hides() -> None:
    words = [{"type": "value", "options": {"latency_p95_seconds": {"text": "latency p95"}}}]
    states_ = [{"type": "value", "options": {"1": {"text": "missed", "color": "dark-red"}}}, NO_VALUE]
    organize = {"excludeByName": {}, "indexByName": {"objective": 0}, "renameByName": {"objective": "Objective"}}
    panel = document(
        "table",
        ("value", "Value"),
        ("state", "State"),
        instant=True,
        transformations=[{"id": "organize", "options": organize}],
        overrides=[
            settings("Objective", mappings=words, width=220),
            settings("Value #A", title="Measured", unit="s", decimals=1),
            settings("Value #B", title="State", mappings=states_),
            settings("severity", hidden=True),
        ],
    )
    of = {"objective": "latency_p95_seconds", "severity": "critical"}, {"objective": "rps", "severity": "warning"}
    table = drawn(panel, {"value": [(of[0], 0.25), (of[1], 2.0)], "state": [(of[0], 1.0)]}).table
    assert table is not None
    assert table.headings == ("Objective", "Measured", "State")
    assert [[(cell.text, cell.color) for cell in row] for row in table.rows] == [
        [("latency p95", ""), ("250.0 ms", ""), ("missed", "red")],
        [("rps", ""), ("2.0 s", ""), ("not measured", "orange")],
    ]


def test_a_table_merges_its_queries_by_their_labels_and_is_sorted() -> None:
    organize = {
        "excludeByName": {"Time": True, "run_id": True},
        "indexByName": {"name": 0, "Value #A": 1, "Value #B": 2},
        "renameByName": {"name": "Name", "Value #A": "Requests", "Value #B": "p95"},
    }
    panel = document(
        "table",
        ("requests", "Requests"),
        ("p95", "p95"),
        instant=True,
        transformations=[{"id": "merge", "options": {}}, {"id": "organize", "options": organize}],
        overrides=[
            {"matcher": {"id": "byName", "options": "Requests"}, "properties": [{"id": "unit", "value": "short"}]},
            {"matcher": {"id": "byName", "options": "p95"}, "properties": [{"id": "unit", "value": "s"}]},
        ],
        options={"sortBy": [{"displayName": "Requests", "desc": True}]},
    )
    rows = [({"name": name, "run_id": "one"}, count) for name, count in (("/b", 5.0), ("/a", 12345.0), ("/c", 7.0))]
    table = drawn(panel, {"requests": rows, "p95": [({"name": "/a", "run_id": "one"}, 0.02)]}).table
    assert table is not None
    assert table.headings == ("Name", "Requests", "p95")
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["/a", "12,345", "20 ms"],
        ["/c", "7", "-"],
        ["/b", "5", "-"],
    ]
    assert table.numeric == (False, True, True)


def test_a_line_of_a_single_value_has_an_axis_of_any_scale() -> None:
    for custom in ({}, {"scaleDistribution": {"type": "log", "log": 10}}):
        [panel] = board(document("timeseries", ("p95", "p95"), unit="s", custom=custom)).panels
        _, axis = value_axis(panel, Answer(0.0, 2.0, (Line("p95", {}, (None, 0.02, None), "A"),), ()))
        assert axis["range"][0] < axis["range"][1]


def test_a_table_is_sorted_as_it_says_and_what_has_no_figure_comes_last() -> None:
    panel = document(
        "table",
        ("value", "Value"),
        ("state", "State"),
        instant=True,
        transformations=[
            {
                "id": "organize",
                "options": {
                    "excludeByName": {},
                    "indexByName": {"objective": 0, "Value #A": 1, "Value #B": 2},
                    "renameByName": {"Value #A": "Value", "Value #B": "State"},
                },
            }
        ],
        overrides=[
            {"matcher": {"id": "byName", "options": "Value"}, "properties": [{"id": "unit", "value": "short"}]},
            {
                "matcher": {"id": "byName", "options": "State"},
                "properties": [{"id": "mappings", "value": states(("1", "missed", "red"))}],
            },
        ],
    )
    values = {"a": 5.0, "b": -2.0, "c": 9.0}
    answers: dict[str, Rows] = {
        "value": [({"objective": name}, value) for name, value in values.items()],
        "state": [({"objective": name}, 1.0) for name in ("a", "none")],
    }
    for descending, order in ((False, ["b", "a", "c", "none"]), (True, ["c", "a", "b", "none"])):
        panel["options"] = {"sortBy": [{"displayName": "Value", "desc": descending}]}
        table = drawn(panel, answers).table
        assert table is not None
        assert [row[0].text for row in table.rows] == order
        assert [row[2] for row in table.rows if row[0].text in "ab"].count(Cell("missed", 1.0, "red")) == 1
        assert table.rows[-1][1] == Cell("-", float("-inf"))
