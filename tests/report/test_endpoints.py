"""The tables of endpoints and of failures, as every writer shows them."""

from __future__ import annotations

import io
import re

from rich.console import Console

from swarmscope.report.endpoints import endpoint_lines, failure_lines
from swarmscope.report.html.verdict_view import judgement_of
from swarmscope.report.markdown import to_markdown
from swarmscope.report.terminal import print_verdict
from swarmscope.report.wording import shortened
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import EndpointFigures, Figures
from swarmscope.verdict.user_facts import FailureMessage
from swarmscope.verdict.verdict import JudgedRun, Verdict
from tests.verdict.builders import evidence, objective, users

LONG = "/api/organizations/{organization}/projects/{project}/members"
ENDPOINTS = (
    EndpointFigures("GET", "/items", 1200, 0, 10.0, 0.010, 0.020, 0.030, 0.050),
    EndpointFigures("POST", LONG, 300, 7, 2.5, 0.2, 0.6, 0.9, 1.0),
    EndpointFigures("WS", "", 3, 3, 0.025),
)
FAILURES = (FailureMessage("POST", LONG, "http_5xx", "HTTPError: 503 | busy", 7, 1010.0, 1100.0),)


def verdict() -> Verdict:
    slow = objective(
        objective="endpoint_latency_p95_seconds",
        method="POST",
        name=LONG,
        threshold=0.5,
        measured=0.6,
        severity="warning",
    )
    return decide(
        evidence(objectives=(objective(), slow), figures=Figures(endpoints=ENDPOINTS), users=users(failures=FAILURES))
    )


def test_an_endpoint_has_its_counts_times_threshold_and_what_is_left_of_it() -> None:
    quick, slow, untimed = endpoint_lines(ENDPOINTS, verdict().objectives)
    assert (quick.requests.text, quick.p95.text, quick.slowest.text, quick.limit) == ("1,200", "20 ms", "≤ 50 ms", "")
    assert (slow.endpoint, slow.limit, slow.headroom.text) == (f"POST {LONG}", "p95 ≤ 500 ms", "-20%")
    assert (untimed.endpoint, untimed.p50.text, untimed.slowest.text) == ("WS", "-", "-")


def test_a_threshold_for_the_latency_of_an_endpoint_is_shown_before_one_for_its_service_time() -> None:
    of = {"method": "GET", "name": "/items", "threshold": 0.5}
    took = objective(objective="endpoint_service_time_p99_9_seconds", measured=0.25, **of)
    waited = objective(objective="endpoint_latency_max_seconds", measured=0.4, **of)
    shown = {
        endpoint_lines(ENDPOINTS, decide(evidence(objectives=objectives)).objectives)[0].limit
        for objectives in ((took,), (took, waited), (waited,))
    }
    assert shown == {"service p99_9 ≤ 500 ms", "max ≤ 500 ms"}


def test_a_failure_says_when_it_came_first_and_last() -> None:
    (line,) = failure_lines(FAILURES)
    assert (line.error, line.message, line.first, line.last) == (
        "http_5xx",
        "HTTPError: 503 | busy",
        "00:16:50",
        "00:18:20",
    )


def test_the_terminal_has_both_in_80_columns_and_shortens_names_in_the_middle() -> None:
    output = io.StringIO()
    print_verdict(Console(file=output, width=80), verdict(), None)
    text = output.getvalue()
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"│ POST /api/\w+….*/members │", text)
    assert "HTTPError: 503 | busy" in " ".join(text.split())


def test_markdown_folds_the_endpoints_and_a_bar_in_a_message_ends_no_cell() -> None:
    text = to_markdown(verdict())
    assert "<details><summary>Endpoints, the ramp included</summary>" in text
    assert r"HTTPError: 503 \| busy | 7 | 00:16:50 to 00:18:20 |" in text


def test_markdown_shows_under_sixty_lines_until_something_is_unfolded() -> None:
    many = tuple(
        objective(objective="endpoint_latency_p95_seconds", method="GET", name=f"/{number}", measured=0.3)
        for number in range(80)
    )
    text = to_markdown(decide(evidence(objectives=many, figures=Figures(endpoints=ENDPOINTS * 9))))
    shown = re.sub(r"<details><summary>.*?</details>", "…", text, flags=re.DOTALL)
    assert len(shown.splitlines()) < 60
    assert "… and 70 more in verdict.json" in shown
    assert text.count("<details>") == text.count("</details>")


def test_the_report_can_sort_them_by_number() -> None:
    table = judgement_of(JudgedRun(verdict(), {})).endpoints
    assert table is not None
    column = table.headings.index("p95")
    assert [row[column].sort for row in table.rows] == [0.6, 0.02, float("-inf")], "what was missed comes first"
    assert [row[-1].color for row in table.rows] == ["red", "", ""]


def test_a_text_is_shortened_in_the_middle() -> None:
    assert [shortened("abcdefgh", width) for width in (8, 7, 4, 1)] == ["abcdefgh", "abc…fgh", "ab…h", "…"]
