"""The page of several runs: whole, in one file, with a place and a color for each run."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swarmscope.report.history.page import history_html
from swarmscope.report.history.past_runs import past_runs
from swarmscope.report.html.page import packed_plotly
from tests.grafana.browse import CHROMIUM
from tests.places import ROOT
from tests.report.runs_of_the_past import BEGAN, left, measured

_FIGURES = re.compile(
    r'aria-label="([^"]*), a chart over all runs"></div>\s*<script type="application/json">(.*?)</script>'
)


def page(results: Path, at: Path | None = None, *, packed: bool = False) -> str:
    """Return the page, without Plotly unless it is to be opened."""
    text = history_html(past_runs(results), results, at or results / "history.html")
    return text if packed else text.replace(packed_plotly(), "")


def figures(text: str) -> list[tuple[str, dict[str, Any]]]:
    return [(title, json.loads(figure)) for title, figure in _FIGURES.findall(text)]


def test_each_scenario_has_its_trends_with_a_place_and_a_color_for_each_run(tmp_path: Path) -> None:
    left(tmp_path, BEGAN, figures=measured(0.1))
    left(tmp_path, BEGAN + 60, verdict="FAIL", figures=measured(0.3))
    left(tmp_path, BEGAN + 120, figures=measured(0.2))
    left(tmp_path, BEGAN + 180, "shop")
    left(tmp_path, BEGAN + 240, "shop")
    found = figures(page(tmp_path))
    assert [title for title, _ in found] == 2 * ["p95", "Throughput", "Error ratio"]
    traces = {trace["name"]: trace for trace in found[3][1]["data"]}  # shop comes before smoke
    assert traces["trend"]["y"] == [100, 300, 200]
    assert traces["threshold"]["y"] == [200, 200, 200]
    assert (traces["PASS"]["x"], traces["PASS"]["meta"]["color"]) == ([1, 3], "green")
    assert (traces["FAIL"]["x"], traces["FAIL"]["meta"]["color"]) == ([2], "red")
    assert traces["FAIL"]["customdata"] == ["2026-01-31 14:26"]
    assert found[3][1]["layout"]["xaxis"]["ticktext"] == ["14:25", "14:26", "14:27"]


def test_a_threshold_far_above_all_that_was_measured_does_not_press_the_trend_flat(tmp_path: Path) -> None:
    for place in range(2):
        left(tmp_path, BEGAN + place, figures=measured(0.01))
    figure = figures(page(tmp_path))[0][1]
    assert [trace["name"] for trace in figure["data"]] == ["trend", "PASS"]
    assert figure["layout"]["yaxis"]["range"][1] == 10.8


def test_one_run_of_a_scenario_is_not_a_trend(tmp_path: Path) -> None:
    left(tmp_path)
    text = page(tmp_path)
    assert figures(text) == []
    assert "1 run: 1 PASS" in text
    assert ">20260131-142501-smoke</td>" in text


def test_runs_lead_to_their_reports_from_where_the_page_is(tmp_path: Path) -> None:
    folder = left(tmp_path / "a b")
    (folder / "report.html").touch()
    assert f'<a href="../a%20b/{folder.name}/report.html">' in page(tmp_path, tmp_path / "pages" / "history.html")


def test_columns_that_say_nothing_are_left_out(tmp_path: Path) -> None:
    left(tmp_path)
    assert '<button type="button">Labels</button>' not in page(tmp_path)
    left(tmp_path, BEGAN + 60, labels={"build": "7"})
    assert '<td data-sort="build=7">build=7</td>' in page(tmp_path)


def test_what_a_run_says_of_itself_cannot_break_out(tmp_path: Path) -> None:
    nasty = "</script><img src=x onerror=alert(1)>"
    for place in range(2):
        left(tmp_path, BEGAN + place, labels={"branch": nasty}, commit=nasty, environment=nasty)
    text = page(tmp_path)
    assert "<img" not in text
    assert html.escape(nasty) in text


def test_the_page_needs_nothing_else_and_names_what_was_skipped(tmp_path: Path) -> None:
    left(tmp_path)
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "verdict.json").write_text("[]")
    text = page(tmp_path)
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", text) == []
    assert "default-src &#39;none&#39;" in text
    assert "1 skipped" in text


@pytest.mark.real
@pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium here: install the package chromium")
def test_a_browser_draws_every_chart_and_has_nothing_to_complain_of(tmp_path: Path) -> None:
    for place in range(14):
        left(
            tmp_path, BEGAN + 60 * place, verdict="FAIL" if place == 5 else "PASS", figures=measured(0.1 + place / 100)
        )
    (tmp_path / "history.html").write_text(page(tmp_path, packed=True))
    command = [sys.executable, "-m", "tests.grafana.browse", (tmp_path / "history.html").as_uri()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    [visit] = json.loads(done.stdout)
    assert {name: visit[name] for name in ("said", "charts", "empty", "wide", "narrow", "printed", "unfolded")} == {
        "said": [],
        "charts": 3,
        "empty": [],
        "wide": 0,
        "narrow": 0,
        "printed": 0,
        "unfolded": [14, 10, 14, 10],
    }
