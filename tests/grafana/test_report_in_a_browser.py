"""report.html and the live page of a run that a real Prometheus holds, opened in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swarmscope.report.html.build import write_report
from swarmscope.report.html.dashboards import read_dashboards
from swarmscope.report.html.panels import Kind
from swarmscope.report.live.panels import LivePanels
from swarmscope.report.live.server import LiveServer, serving
from swarmscope.verdict.decide import decide
from swarmscope.verdict.read import RunReader
from swarmscope.verdict.verdict import JudgedRun
from tests.grafana.browse import CHROMIUM
from tests.grafana.quick_rules import SCENARIO
from tests.grafana.stage import THIRD, Stage
from tests.places import ROOT

# The stage evaluates every 500 ms, and takes long to set: one process has both files that are played on it.
pytestmark = [pytest.mark.real, pytest.mark.alone, pytest.mark.xdist_group("stage")]

CHART_KINDS = {Kind.TIMESERIES, Kind.STATE_TIMELINE, Kind.HEATMAP}
CHARTS = [panel for board in read_dashboards() for panel in board.panels if panel.kind in CHART_KINDS]


@pytest.fixture(scope="module")
def report(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a run that failed, with the verdict on it."""
    verdict = decide(RunReader(stage.prometheus, THIRD).read())
    folder = tmp_path_factory.mktemp("results")
    (folder / "locust-report.html").write_text("")
    return write_report(folder, stage.prometheus, THIRD, JudgedRun(verdict), 60.0)


@pytest.fixture(scope="module")
def visits(stage: Stage, report: Path) -> dict[str, dict[str, Any]]:
    """Return what became of both pages in the browser, with the address of each."""
    if not CHROMIUM:
        pytest.skip("there is no Chromium here: install the package chromium")
    server = LiveServer(LivePanels(stage.prometheus, THIRD, SCENARIO))
    urls = {"report": report.as_uri(), "live": server.address}
    with serving(server):
        command = [sys.executable, "-m", "tests.grafana.browse", *urls.values()]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return {name: visit | {"url": url} for (name, url), visit in zip(urls.items(), found, strict=True)}


@pytest.mark.parametrize("page", ["report", "live"])
def test_the_browser_has_nothing_to_complain_of(visits: dict[str, dict[str, Any]], page: str) -> None:
    assert visits[page]["said"] == []


@pytest.mark.parametrize("page", ["report", "live"])
def test_every_chart_of_every_dashboard_is_drawn(visits: dict[str, dict[str, Any]], page: str) -> None:
    assert visits[page]["empty"] == []
    assert visits[page]["charts"] == len(CHARTS)


@pytest.mark.parametrize("page", ["report", "live"])
def test_no_request_leaves_the_machine(visits: dict[str, dict[str, Any]], page: str) -> None:
    own = visits[page]["url"]
    assert [url for url in visits[page]["asked"] if not url.startswith((own, "data:", "blob:"))] == []


@pytest.mark.parametrize("page", ["report", "live"])
@pytest.mark.parametrize("width", ["wide", "narrow"])
def test_no_page_is_wider_than_its_window(visits: dict[str, dict[str, Any]], page: str, width: str) -> None:
    assert visits[page][width] == 0


def test_a_printed_report_is_as_wide_as_its_paper(visits: dict[str, dict[str, Any]]) -> None:
    assert visits["report"]["printed"] == 0


def test_the_rows_of_a_long_table_are_shown_on_demand(visits: dict[str, dict[str, Any]]) -> None:
    rows, before, unfolded, folded = visits["report"]["unfolded"]
    assert before == folded < rows == unfolded


def test_the_report_of_a_failed_run_has_its_verdict_and_every_panel(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    assert '<div class="verdict-word is-fail">FAIL</div>' in text
    assert "First breach: " in text
    assert text.count('<article class="panel') == sum(len(board.panels) for board in read_dashboards())
    assert "No data: " not in text
    assert '<a href="locust-report.html">' in text
    assert report.stat().st_size < 8_000_000


def test_alerts_and_phases_are_marked_on_the_charts(report: Path) -> None:
    text = report.read_text(encoding="utf-8")
    marks = json.loads(text.partition('<script type="application/json" id="marks">')[2].partition("</script>")[0])
    phases = [mark["label"] for mark in marks if mark["kind"] == "phase"]
    assert phases[-4:] == ["spike", "recovery", "stopping", "done"]
    [*_, band] = [mark for mark in marks if mark["kind"] == "critical"]
    assert band["end"] > band["begin"]
    assert any("latency p95" in mark["label"] for mark in marks)
