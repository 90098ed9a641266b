"""The page of a capacity, and its charts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from swarmscope.report.capacity.charts import OUTCOMES, Chart, answered, cpu, latency, search, shares
from swarmscope.report.capacity.page import to_html
from tests.report.capacity.samples import HOSTILE, SAMPLES, steps

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ROOT = Path(__file__).parents[3]


def drawn(chart: Chart | None) -> dict[str, dict[str, Any]]:
    """Return the traces by name."""
    assert chart is not None
    return {trace["name"]: trace for trace in chart["data"]}


def shown(name: str) -> str:
    """Return the page without Plotly, as it is read."""
    html = to_html(SAMPLES[name]())
    return unescape(html.partition('<script type="application/gzip"')[0].partition("<body>")[2])


def tiles(name: str) -> dict[str, list[str]]:
    found = re.findall(r"<dt>(.*?)</dt>(.*?)</div>", shown(name), re.DOTALL)
    return {title: [text for text in re.split(r"(?:</?[^>]+>|\s{2,})+", rest) if text.strip()] for title, rest in found}


def test_the_page_begins_with_the_answer() -> None:
    assert tiles("at_least") == {
        "Goal": ["at least 400/s", "met ", "PASS"],
        "Capacity": ["412 to 431/s", "412/s held each time, 431/s broke each time"],
        "Broke first": ["latency p95", "softly: it showed at 412/s already"],
        "Exhausted": ["target CPU, pool"],
        "Knee": ["340/s", "latency rises faster from here on"],
    }
    assert "<title>PASS: capacity_per_second 412 of at least 400/s</title>" in to_html(SAMPLES["at_least"]())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("soft", ["412 to 431/s", "412/s held each time, 431/s broke each time"]),
        ("below", ["below 500/s", "the lowest load that was tried broke"]),
        ("highest_held", ["300/s or more", "the highest load that was allowed held"]),
        ("generator", ["200/s or more", "the load generator was the limit"]),
        ("nothing", ["unknown", "the target did not answer"]),
    ],
)
def test_the_interval_is_told_as_far_as_it_is_known(name: str, told: list[str]) -> None:
    assert tiles(name)["Capacity"] == told


def test_sections_without_data_are_left_out() -> None:
    headings = re.findall(r"<h2 id=[^>]*>(.*?)</h2>", shown("soft"))
    assert headings == ["Charts", "Objectives", "Loads", "Steps"]
    assert re.findall(r"<h2 ", shown("nothing")) == []
    assert re.findall(r"<h4>(.*?)</h4>", shown("no_target_metrics"))[:3] == [
        "Latency by load",
        "Answered by load",
        "Steps in the order of time",
    ]
    assert "Objectives</h2>" not in shown("interrupted")


def test_objectives_at_the_boundary_are_told_below_and_above() -> None:
    text = shown("soft")
    table = text.partition('id="boundary"')[2].partition("</table>")[0]
    cells = re.findall(r"<td[^>]*>(?:<span class=\"status ([a-z-]+)\">)?([^<]*)", table)
    assert cells[:6] == [
        ("", "latency p95"),
        ("", "≤ 200 ms"),
        ("", "145 ms"),
        ("is-green", "73 %"),
        ("", "291 ms"),
        ("is-red", "145 %"),
    ]


def test_each_try_is_a_point_told_apart_by_symbol_and_color() -> None:
    traces = drawn(latency(SAMPLES["mixed_tries"]()))
    marks = {name: trace for name, trace in traces.items() if trace["mode"] == "markers"}
    assert set(marks) == {"held", "broke", "undecided", "generator"}
    assert len({trace["marker"]["symbol"] for trace in marks.values()}) == 4
    assert len({trace["meta"]["color"] for trace in marks.values()}) == 4
    assert len(marks["held"]["x"]) == 2 * 3
    assert marks["broke"]["customdata"][1] == "step 5, 420/s: p95 188 ms"
    assert len(set(OUTCOMES.values())) == len(OUTCOMES)
    assert set(drawn(search(SAMPLES["mixed_tries"]()))) >= {outcome.value for outcome in OUTCOMES}


def test_latency_has_the_interval_the_threshold_and_the_knee() -> None:
    chart = latency(SAMPLES["soft"]())
    traces = drawn(chart)
    assert chart is not None
    assert chart["layout"]["yaxis"]["type"] == "log"
    assert sorted(set(traces["capacity"]["x"])) == [412.0, 431.0]
    assert traces["p95 threshold"]["meta"] == {"color": "limit-critical", "limit": "200 ms"}
    assert traces["p95 threshold"]["line"]["dash"] == "dash"
    assert (traces["knee"]["x"], traces["knee"]["line"]["dash"]) == ([340.0, 340.0], "dot")
    at = traces["p95"]["x"].index(412.0)
    medians = sorted(step.p95_seconds or 0.0 for step in SAMPLES["soft"]().steps if step.load == 412)
    per_unit = traces["p95 threshold"]["y"][0] / 0.2
    assert traces["p95"]["y"][at] == pytest.approx(medians[1] * per_unit, rel=0.001)


def test_a_threshold_of_an_endpoint_is_not_that_of_all_requests() -> None:
    base = SAMPLES["soft"]()
    other = tuple(replace(each, objectives=each.objectives[1:]) for each in base.steps)
    assert "p95 threshold" not in drawn(latency(replace(base, steps=other)))


@pytest.mark.parametrize("draw", [latency, answered, cpu, shares, search])
@pytest.mark.parametrize("name", ["soft", "cliff", "below", "by_users", "highest_held"])
def test_all_points_are_within_the_axes(draw, name: str) -> None:  # type: ignore[no-untyped-def]
    chart = draw(SAMPLES[name]())
    assert chart is not None
    for letter in "xy":
        axis = chart["layout"][f"{letter}axis"]
        low, high = (10**end if axis.get("type") == "log" else end for end in axis["range"])
        values = [value for trace in chart["data"] if "markers" in trace["mode"] for value in trace[letter]]
        assert values
        assert all(low <= value <= high for value in values)
        assert len(axis.get("tickvals", [0, 0])) >= 2


def test_loads_far_apart_are_on_an_axis_of_powers_of_ten() -> None:
    kinds = {name: (latency(SAMPLES[name]()) or {})["layout"]["xaxis"]["type"] for name in ("soft", "cliff")}
    assert kinds == {"soft": "linear", "cliff": "log"}


def test_the_band_is_open_where_one_end_is_not_known_and_missing_without_an_answer() -> None:
    below = drawn(search(SAMPLES["below"]()))["capacity"]
    assert max(below["y"]) == 500.0
    held = drawn(search(SAMPLES["highest_held"]()))["capacity"]
    assert min(held["y"]) == 300.0
    for name in ("generator", "interrupted", "mixed_tries"):
        assert "capacity" not in drawn(search(SAMPLES[name]()))


def test_answers_are_against_all_that_arrived_only_where_load_is_a_rate() -> None:
    traces = drawn(answered(SAMPLES["soft"]()))
    assert traces["all of it"]["x"] == traces["all of it"]["y"]
    assert "all of it" not in drawn(answered(SAMPLES["by_users"]()))


def test_the_scaling_law_is_drawn_at_the_requests_that_were_under_way() -> None:
    base = SAMPLES["soft"]()
    law, scaling = drawn(answered(base))["scaling law"], base.scaling
    assert scaling is not None
    n = base.steps[4].concurrency or 0.0
    expected = scaling.rate * n / (1 + scaling.contention * (n - 1) + scaling.coherency * n * (n - 1))
    assert (law["x"][-1], law["y"][-1]) == (800.0, pytest.approx(expected))
    assert "scaling law" not in drawn(answered(SAMPLES["cliff"]()))
    assert "scaling law" not in drawn(answered(replace(SAMPLES["no_target_metrics"](), scaling=scaling)))


def test_resources_are_drawn_apart_by_cores_and_by_share() -> None:
    assert {"target CPU", "generator CPU"} <= set(drawn(cpu(SAMPLES["soft"]())))
    pool = drawn(shares(SAMPLES["soft"]()))["pool"]
    assert max(pool["y"]) == pytest.approx(97, abs=0.1)
    assert cpu(SAMPLES["no_target_metrics"]()) is None
    assert shares(SAMPLES["no_target_metrics"]()) is None


def test_the_search_is_in_the_order_of_time() -> None:
    chart = search(replace(SAMPLES["soft"](), steps=tuple(reversed(SAMPLES["soft"]().steps))))
    path = drawn(chart)["order of time"]
    assert path["x"] == list(range(1, 14))
    assert path["y"][:5] == [50.0, 100.0, 200.0, 400.0, 800.0]
    assert chart is not None
    assert chart["layout"]["xaxis"]["ticktext"][:3] == ["step 1", "3", "5"]


def test_a_step_that_measured_nothing_draws_nothing_but_its_load() -> None:
    bare = replace(
        steps(50.0)[0], p50_seconds=None, p95_seconds=None, p99_seconds=None, throughput=None, used={}, objectives=()
    )
    capacity = replace(SAMPLES["interrupted"](), steps=(bare,))
    assert [draw(capacity) for draw in (latency, answered, cpu, shares)] == [None] * 4
    assert search(capacity) is not None
    assert re.findall(r"<h4>(.*?)</h4>", to_html(capacity))[0] == "Steps in the order of time"


def test_names_cannot_end_a_script_or_add_an_element() -> None:
    html = to_html(SAMPLES["hostile"]())
    assert "<script>alert" not in html
    assert html.count("<script>") == 1
    assert HOSTILE not in html
    assert "alert(1)" in html


@pytest.mark.real
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is missing: install the package chromium")
def test_a_browser_draws_every_chart_and_has_nothing_to_complain_of(tmp_path: Path) -> None:
    many = replace(SAMPLES["hostile"](), steps=steps(*(50.0 + 6 * place for place in range(70))))
    pages = {
        "soft": SAMPLES["soft"](),
        "mixed": SAMPLES["mixed_tries"](),
        "hostile": SAMPLES["hostile"](),
        "many": many,
    }
    for name, capacity in pages.items():
        (tmp_path / f"{name}.html").write_text(to_html(capacity))
    command = [sys.executable, "-m", "tests.grafana.browse", *((tmp_path / f"{name}.html").as_uri() for name in pages)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    visits = json.loads(done.stdout)
    assert visits[-1]["unfolded"] == [70, 60, 70, 60]
    for visit in visits:
        assert {name: visit[name] for name in ("said", "empty", "wide", "narrow", "printed", "charts")} == {
            "said": [],
            "empty": [],
            "wide": 0,
            "narrow": 0,
            "printed": 0,
            "charts": 5,
        }
