"""Endpoints with errors, the ramp's failures and what the latency leaves out, in every writer."""

from __future__ import annotations

from rich.console import Console

from swarmscope.report.coverage import MAX_ENDPOINTS, ErrorLine, error_lines, left_out_line
from swarmscope.report.html.verdict_view import judgement_of
from swarmscope.report.markdown import to_markdown
from swarmscope.report.summary import SummaryLine
from swarmscope.report.terminal import print_verdict
from swarmscope.verdict.decide import decide
from swarmscope.verdict.evidence import EndpointErrors, Figures, LeftOut
from swarmscope.verdict.verdict import JudgedRun, Outcome
from tests.verdict.builders import alert, evidence, objective

CHECKOUT = EndpointErrors("POST", "/checkout|[x]", 14, 14, {"timeout": 2, "http_5xx": 12})
LEFT_OUT = (LeftOut("WS", "judged_apart", 120, 0.12), LeftOut("WSR", "no_time", 30, 0.03))
FIGURES = Figures(
    requests=900, failures=0, ramp_requests=100, ramp_failures=42, endpoint_errors=(CHECKOUT,), left_out=LEFT_OUT
)
LEFT_OUT_SAID = (
    "The latency of all requests leaves out 15 % of them: WS 12 % (judged apart), WSR 3 % (no time measured)"
)
ON_THE_RAMP = objective(objective="ramp_error_ratio", threshold=0.05, measured=0.42, severity="warning")
WARNED = alert("ObjectiveMissedOverRun", objective="ramp_error_ratio", severity="warning")


def test_an_endpoint_with_errors_is_told_with_its_count_its_share_and_the_kinds_of_error() -> None:
    assert error_lines([CHECKOUT]) == (ErrorLine("POST /checkout|[x]", "14 of 14", "100 %", "http_5xx 12, timeout 2"),)


def test_of_many_endpoints_with_errors_the_first_are_shown_and_the_rest_counted() -> None:
    lines = error_lines([CHECKOUT] * (MAX_ENDPOINTS + 3))
    assert len(lines) == MAX_ENDPOINTS + 1
    assert lines[-1].endpoint == "… and 3 more in verdict.json"


def test_what_the_latency_leaves_out_is_told_with_its_share_and_why() -> None:
    assert left_out_line(LEFT_OUT) == LEFT_OUT_SAID
    assert left_out_line(()) == ""


def test_every_writer_shows_the_endpoints_with_errors_the_ramp_and_what_is_left_out() -> None:
    shown = evidence(figures=FIGURES)
    verdict = decide(
        evidence(figures=FIGURES, objectives=(*shown.objectives, ON_THE_RAMP), alerts=(*shown.alerts, WARNED))
    )
    assert verdict.outcome is Outcome.PASS
    console = Console(record=True, width=200)
    print_verdict(console, verdict, None)
    printed = " ".join(console.export_text().split())
    for text in ("POST /checkout|[x] │ 14 of 14 │ 100 % │ http_5xx 12, timeout 2", LEFT_OUT_SAID):
        assert text in printed
    assert "Failures in the ramp │ 42 of 100 │ ≤ 5 % │ WARNING" in printed
    markdown = to_markdown(verdict)
    assert "| POST /checkout\\|\\[x\\] | 14 of 14 | 100 % | http_5xx 12, timeout 2 |" in markdown
    assert "| Failures in the ramp | 42 of 100 | ≤ 5 % | WARNING |" in markdown
    assert LEFT_OUT_SAID in markdown
    judged = judgement_of(JudgedRun(verdict))
    assert (judged.errors, judged.left_out) == (error_lines([CHECKOUT]), LEFT_OUT_SAID)
    assert SummaryLine("Failures in the ramp", "42 of 100", "≤ 5 %", "WARNING") in judged.summary


def test_without_errors_and_with_nothing_left_out_nothing_is_said_of_either() -> None:
    verdict = decide(evidence(figures=Figures(requests=10, failures=0, ramp_requests=0, ramp_failures=0)))
    console = Console(record=True, width=200)
    print_verdict(console, verdict, None)
    printed = console.export_text() + to_markdown(verdict)
    for text in ("ndpoints with errors", "leaves out", "in the ramp"):
        assert text not in printed
