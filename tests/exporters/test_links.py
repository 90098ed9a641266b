"""What Locust's page says of the run, and the addresses that it leads to."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from swarmscope.grafana.links import run_overview_url
from swarmscope.locust_plugin.run_page import Addresses, RunPage, links_html, links_to
from swarmscope.locust_plugin.web_tab import web_address, with_bar
from swarmscope_exporter.merge import Merge
from swarmscope_exporter.phases import Phase
from swarmscope_exporter.run import Run, RunVerdict
from swarmscope_exporter.verdicts import AwaitedVerdicts

BEGIN = 1_700_000_000.0
LOCUSTS_PAGE = '<body>\n<div id="root"></div></body>'


def test_an_address_loses_its_last_slash_and_may_be_left_out() -> None:
    assert [web_address(text) for text in ("http://g.test:3000/", "https://g.test/grafana", "")] == [
        "http://g.test:3000",
        "https://g.test/grafana",
        "",
    ]


@pytest.mark.parametrize("text", ["g.test:3000", "javascript:alert(1)", "http://", "file:///etc/passwd"])
def test_what_is_no_web_address_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError) as error:
        web_address(text)
    assert str(error.value) == f"expected an address like http://host:port, not {text!r}"


def run(run_id: str = "r", *phases: Phase) -> Run:
    made = Run(run_id, "smoke", 1, Merge(run_id), clock=lambda: BEGIN)
    for phase in phases:
        made.enter(phase)
    return made


def page_of(current: Run | None, verdicts: AwaitedVerdicts | None = None, refused: str = "") -> RunPage:
    return RunPage(Addresses("http://g.test"), lambda: current, verdicts or AwaitedVerdicts(), lambda: refused)


def test_an_address_cannot_break_out_of_its_link() -> None:
    assert '<a href="http://g.test/?&quot;&gt;&lt;script&gt;" ' in links_html({"Grafana": 'http://g.test/?"><script>'})


def test_only_what_there_is_is_led_to() -> None:
    assert links_to(Addresses("http://g.test", "", "http://p.test"), None) == {
        "Grafana": "http://g.test/d/run-overview",
        "Alerts in Prometheus": "http://p.test/alerts",
    }
    assert links_to(Addresses(), run()) == {}


def test_grafana_opens_at_the_run_and_at_its_time() -> None:
    assert run_overview_url("http://g.test", "a b&c", BEGIN, None) == (
        "http://g.test/d/run-overview?var-run_id=a+b%26c&from=1699999985000&to=now"
    )
    assert run_overview_url("http://g.test/grafana", "r", BEGIN, BEGIN + 60.5) == (
        "http://g.test/grafana/d/run-overview?var-run_id=r&from=1699999985000&to=1700000090500"
    )


def test_the_link_to_grafana_ends_with_the_run() -> None:
    assert links_to(Addresses("http://g.test"), run())["Grafana"].endswith("?var-run_id=r&from=1699999985000&to=now")
    over = links_to(Addresses("http://g.test"), run("r", Phase.RAMP, Phase.DONE))["Grafana"]
    assert over.endswith("&to=1700000030000")


def test_the_page_says_which_phase_the_run_is_in_and_then_its_verdict() -> None:
    assert page_of(None).document()["text"] == "No run yet"
    current, verdicts = run("r", Phase.RAMP), AwaitedVerdicts()
    verdicts.begin(current)
    page = page_of(current, verdicts)
    assert page.document()["text"] == "Run r: ramp"
    current.enter(Phase.DONE)
    verdicts.judge_asks()
    assert page.document()["text"] == "Run r: being judged"
    verdicts.record("r", RunVerdict("FAIL", ("p95 3 s, limit 1 s",), "/elsewhere/r"))
    assert page.document()["text"] == "Run r: FAIL\np95 3 s, limit 1 s\nResults: /elsewhere/r"


def test_report_and_verdict_of_the_last_judged_run_stay_while_the_next_one_runs(tmp_path: Path) -> None:
    folder = tmp_path / "first"
    folder.mkdir()
    for name in ("report.html", "verdict.md"):
        (folder / name).write_text("")
    first, verdicts = run("first", Phase.RAMP, Phase.DONE), AwaitedVerdicts()
    verdicts.begin(first)
    verdicts.record("first", RunVerdict("PASS", (), str(folder)))
    links = page_of(run("next"), verdicts).links()
    assert list(links) == ["Report", "Verdict", "Grafana"]
    assert links["Report"] == "/loadtest/results/first/report.html"


def test_a_refused_start_is_at_the_top_of_the_page_and_cannot_break_out_of_it() -> None:
    page = with_bar(LOCUSTS_PAGE, page_of(None, refused="<b>no worker").document())
    top = page.partition('<div id="root">')[0]
    assert '<div id="loadtest-refused" role="alert">Not started: &lt;b&gt;no worker</div>' in top
    assert '<output id="loadtest-run">Not started: &lt;b&gt;no worker\nNo run yet</output>' in page


def test_without_a_refusal_the_top_of_the_page_is_as_locust_has_it() -> None:
    assert '<div id="loadtest-refused" role="alert" hidden></div>' in with_bar(LOCUSTS_PAGE, page_of(None).document())
