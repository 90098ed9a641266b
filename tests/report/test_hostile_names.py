"""Reports are well-formed, and show a name as it is, whatever is in it."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from swarmscope.prometheus.series import Sample, Series
from swarmscope.report.junit import to_junit
from swarmscope.report.markdown import to_markdown
from swarmscope.report.terminal import print_verdict
from swarmscope.report.verdict_json import to_json
from swarmscope.report.wording import printable
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import with_problems
from swarmscope.verdict.verdict import JudgedRun, Outcome, Verdict
from tests.verdict.builders import alert, evidence, objective

NAMES = (
    "/items/[id]",
    "/a/[/]b",
    "/u/<uuid>",
    "/a|b||c",
    "/x\x01y\x00z\x7f",
    "/c\x1b[31mred",
    "<script>alert(1)</script>",
    "/ü/漢字/🦠",
    "/[bold red]boo",
    "/`code` *bold* _em_ ~~gone~~ __init__ a_b",
    "/line\nbreak\r\n- item\n# title",
    "/lone\ud800surrogate\ufffe\uffff",
    "/\u202egnp &amp; ]]> --> \\\\ \\|",
    "![image](http://example.test) [link](x)",
    " ",
)


@pytest.fixture(params=NAMES, ids=ascii)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def failing(name: str) -> Verdict:
    """Return a verdict that names the request in its objectives, its alerts, its checks and its reasons."""
    slow = objective(objective="endpoint_latency_p95_seconds", method="GET", name=name, measured=0.9, samples=3.0)
    labels = {**alert(objective="endpoint_latency_p95_seconds").labels, "method": "GET", "name": name}
    fired = Series(labels, (Sample(1060.0, 1.0),))
    changed = replace(evidence(objectives=(slow,), min_samples=4), alerts=(*evidence().alerts, fired))
    return decide(with_problems(changed, f"no sample of {name}"))


def test_junit_is_well_formed_and_names_the_request(name: str) -> None:
    verdict = failing(name)
    assert verdict.outcome is Outcome.FAIL
    suite = ET.fromstring(to_junit(verdict).encode()).find("testsuite")
    assert suite is not None
    assert suite.findall("testcase")[0].get("name") == printable(f"endpoint latency p95 GET {name}")


def test_a_markdown_table_shows_the_name_as_it_is_in_one_cell(name: str) -> None:
    text = to_markdown(failing(name))
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)
    shown = [_text(token) for token in tokens if token.type == "inline"]
    assert printable(f"endpoint latency p95 GET {name}").strip() in shown
    assert printable(f"evidence: no sample of {name}").strip() in shown
    assert {child.type for token in tokens for child in token.children or ()} <= {
        "text",
        "text_special",
        "code_inline",
        "strong_open",
        "strong_close",
    }
    text.encode()


def _text(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def test_the_terminal_shows_the_name_as_it_is_and_obeys_nothing_in_it(name: str) -> None:
    output = io.StringIO()
    console = Console(file=output, width=400, force_terminal=True, no_color=True, color_system=None)
    print_verdict(console, failing(name), None)
    text = output.getvalue()
    assert printable(f"endpoint latency p95 GET {name}").strip() in text
    assert printable(text.replace("\n", "")) == text.replace("\n", "")


def test_verdict_json_keeps_the_name(name: str) -> None:
    text = to_json(JudgedRun(failing(name)))
    assert json.loads(text.encode())["objectives"][0]["name"] == name


def test_what_is_not_printable_is_written_as_python_writes_it() -> None:
    assert printable("/x\x01\n\x1b[31m\u202e\ud800 ü漢🦠") == r"/x\x01\n\x1b[31m\u202e\ud800 ü漢🦠"
