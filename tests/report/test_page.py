"""The page: whole, in one file, and unharmed by what is in it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from swarmscope.report.html.build import UnknownRunError, links_in, write_report
from swarmscope.report.html.page import Report, packed_plotly, plotly_js, report_html, script_json
from swarmscope.report.html.rendered import shown_section
from swarmscope.report.html.verdict_view import TraceLine, judgement_of
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import Arrivals, Figures, Ledger, OwnCost, TracedRequest
from swarmscope.verdict.stored import stored_verdict
from swarmscope.verdict.verdict import JudgedRun
from tests.report.builders import AROUND, asker, board, document
from tests.report.fake_prometheus import BEGIN, FakePrometheus, Rows
from tests.verdict.builders import END, alert, evidence, ledger, objective
from tests.verdict.test_evidence_in_writing import failing

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>'\"&\u2028"
SCRIPTS = re.compile(r"<script(?P<kind>[^>]*)>(?P<text>.*?)</script>", re.DOTALL)


def page(name: str = "/a") -> str:
    """Return a page with a chart, a table and a figure that all show a request of that name, and a failed verdict."""
    panels = [
        document("timeseries", ("a", "{{name}}"), title=f"Chart of {name}", id=1),
        document("table", ("a", "Requests"), instant=True, id=2),
        document("stat", ("a", "{{name}}"), instant=True, id=3, options={"textMode": "name"}),
    ]
    section = shown_section(board(*panels), AROUND, asker(FakePrometheus({"a": [({"name": name}, 1.0)]})))
    judgement = judgement_of(JudgedRun(failing(), {"machine": name, "locustfile": "locustfile.py"}))
    return report_html(Report("one", name, judgement, (section,), ()))


def test_a_name_cannot_break_out_of_html_or_of_a_script() -> None:
    text = page(NASTY)
    assert "<img" not in text.replace(packed_plotly(), "")
    assert len(SCRIPTS.findall(text)) == len(SCRIPTS.findall(page("/harmless")))
    figures = [json.loads(found["text"]) for found in SCRIPTS.finditer(text) if "json" in found["kind"]]
    assert NASTY.strip() in [trace["name"] for figure in figures if figure for trace in figure["data"]]
    assert html.escape("<img src=x onerror=alert(2)>") in text


def test_json_in_a_script_has_no_character_that_html_or_javascript_could_take_for_its_own() -> None:
    text = script_json({"name": NASTY})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"name": NASTY}
    with pytest.raises(ValueError, match="not JSON compliant"):
        script_json([float("nan")])


def test_only_the_page_s_own_scripts_may_run_and_nothing_may_be_fetched() -> None:
    text = page()
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert found
    policy = html.unescape(found[1])
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    inline = [found["text"] for found in SCRIPTS.finditer(text) if not found["kind"].strip()]
    assert len(inline) == 1
    for script in (*inline, plotly_js()):
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy


def test_plotly_is_in_the_page_once_and_nothing_is_elsewhere() -> None:
    text = page()
    assert text.count(packed_plotly()) == 1
    assert gzip.decompress(base64.b64decode(packed_plotly())).decode() == plotly_js()
    assert len(text.encode()) < 3_000_000
    without = text.replace(packed_plotly(), "")
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)[^"']+""", without) == []
    assert "//" not in re.sub(r"<script.*?</script>|<style>.*?</style>", "", without, flags=re.DOTALL)


def test_verdict_objectives_ledger_and_alerts_are_on_top() -> None:
    text = page("smoke").partition('class="board"')[0]
    assert '<div class="verdict-word is-fail">FAIL</div>' in text
    assert "First breach: latency p95 at 00:26 (00:17:10 UTC)" in text
    assert "≤ 200 ms" in text
    assert "310 ms" in text
    assert text.count("<li><span>") == 4
    assert "One request in twenty is slow" in text


def test_a_hop_that_counted_otherwise_is_marked() -> None:
    lossy: Ledger = ledger(prometheus=990)
    judged = judgement_of(JudgedRun(decide(evidence(ledger=lossy))))
    assert [(hop.name, hop.count, hop.differs) for hop in judged.ledger] == [
        ("Workers", "1,000", False),
        ("Locust", "1,000", False),
        ("Exporter", "1,000", False),
        ("Prometheus", "990", True),
    ]


def test_traced_requests_and_what_observing_cost_are_among_the_evidence() -> None:
    traced = TracedRequest("GET", "/a", "failure", 0.25, "4bf9", END)
    cost = OwnCost(cpu_ratio={"recorder": 0.01})
    judged = judgement_of(JudgedRun(decide(evidence(figures=Figures(own_cost=cost, slowest_traces=(traced,))))))
    assert judged.traces == (TraceLine("00:18:44", "GET /a", "250 ms", "failure", "4bf9"),)
    assert ("Of Locust's CPU for observing", "recorder 1 %") in judged.facts


def test_arrivals_are_among_the_facts_of_a_run_that_has_some() -> None:
    arrivals = Arrivals(12_000, 11_900, 80, 20, 0, {}, 0.0004, 0.021)
    facts = dict(judgement_of(JudgedRun(decide(evidence(arrivals=arrivals)))).facts)
    assert facts["Arrivals"] == "12,000 scheduled, 11,900 started, 80 dropped"
    assert facts["Lateness of arrivals"] == "p50 0.4 ms, p99 21 ms"
    assert "Arrivals" not in dict(judgement_of(JudgedRun(decide(evidence()))).facts)


def test_files_are_linked_where_they_are_by_relative_addresses(tmp_path: Path) -> None:
    for name in ("locust-report.html", "verdict.json", "unrelated.txt"):
        (tmp_path / name).write_text("")
    assert [link.href for link in links_in(tmp_path)] == ["verdict.json", "locust-report.html"]


def prometheus_with(run_id: str) -> FakePrometheus:
    run: Rows = [({"scenario": "smoke", "run_id": run_id}, BEGIN)]
    return FakePrometheus({f'loadtest_run_start_timestamp_seconds{{run_id="{run_id}"}}': run})


def test_a_run_of_which_prometheus_holds_next_to_nothing_has_a_report_that_says_so(tmp_path: Path) -> None:
    path = write_report(tmp_path, prometheus_with("one"), "one", None, 60.0)
    text = path.read_text(encoding="utf-8")
    assert "There is no verdict.json for run one" in text
    assert "The exporter of PostgreSQL runs in the Docker stack only." in text
    assert text.count('class="chart"') == 0


def test_a_run_that_prometheus_has_forgotten_keeps_the_report_that_it_has(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("from then")
    with pytest.raises(UnknownRunError, match="Prometheus holds nothing of run two"):
        write_report(tmp_path, prometheus_with("one"), "two", None, 60.0)
    assert (tmp_path / "report.html").read_text() == "from then"


@pytest.mark.parametrize("text", ["", "{", '{"verdict": "PASS"}', '{"schema": 99}'])
def test_a_verdict_that_cannot_be_read_does_not_cost_the_report(tmp_path: Path, text: str) -> None:
    (tmp_path / "verdict.json").write_text(text)
    path = write_report(tmp_path, prometheus_with("one"), "one", stored_verdict(tmp_path), 60.0)
    assert "There is no verdict.json for run one" in path.read_text(encoding="utf-8")


def test_the_first_screen_says_whether_the_system_or_the_generator_decided() -> None:
    def cause(**changed: Any) -> str:
        return judgement_of(JudgedRun(decide(evidence(**changed)))).cause

    saturated = alert("GeneratorCpuSaturated", gate="validity", objective="")
    assert cause() == "Every critical objective was met, and every check of the evidence holds."
    assert judgement_of(JudgedRun(failing())).cause == (
        "The system under test, not the load generator, which kept up: 19 of 19 checks of the evidence hold."
    )
    assert cause(alerts=(*evidence().alerts, saturated)).startswith("The load generator, not the system under test:")
    assert cause(ledger=ledger(prometheus=990)).startswith(
        "The measurement, not the system under test: 17 of 19 checks"
    )
    assert cause(alerts=(*evidence().alerts, alert()), ledger=ledger(prometheus=990)).startswith(
        "The system under test. The measurement has gaps as well: "
    )


def test_what_was_not_met_comes_first_and_is_never_folded() -> None:
    met = [objective(objective=f"latency_p{place}_seconds") for place in range(10)]
    missed = objective(objective="error_ratio", measured=0.5)
    judged = judgement_of(JudgedRun(decide(evidence(objectives=(*met, missed)))))
    assert (judged.objectives[0].title, judged.objectives_unfolded) == ("error ratio", 6)
    all_missed = tuple(objective(objective=f"latency_p{place}_seconds", measured=9.0) for place in range(10))
    assert judgement_of(JudgedRun(decide(evidence(objectives=all_missed)))).objectives_unfolded == 10


def test_a_section_without_anything_of_the_run_is_left_out_with_a_line() -> None:
    empty = board(document("table", ("b", "b"), instant=True), uid="empty")
    full = board(document("stat", ("a", "a"), instant=True), uid="full")
    sections = tuple(shown_section(each, AROUND, asker(FakePrometheus({"a": [({}, 1.0)]}))) for each in (full, empty))
    text = report_html(Report("one", "smoke", None, sections, ()))
    assert '<section class="board" id="full"' in text
    assert 'href="#empty"' not in text
    assert "<li><b>Made</b> is left out: Prometheus holds no series of" in text
    assert text.count("</b> is left out") == 1
