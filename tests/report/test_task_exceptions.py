"""Exceptions in tasks in every form of a verdict, whatever their messages are."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from swarmscope.report.exceptions import with_traceback
from swarmscope.report.html.page import Report, packed_plotly, report_html
from swarmscope.report.html.verdict_view import judgement_of
from swarmscope.report.junit import to_junit
from swarmscope.report.markdown import to_markdown
from swarmscope.report.terminal import print_verdict
from swarmscope.report.verdict_json import to_json
from swarmscope.report.wording import printable
from swarmscope.verdict.decide import decide
from swarmscope.verdict.stored import contradiction_in
from swarmscope.verdict.user_facts import TaskException, Told
from swarmscope.verdict.verdict import JudgedRun, Verdict
from tests.verdict.builders import evidence, users

MESSAGES = (
    "'id'",
    "```\n# a title\n````",
    "</pre></details><script>alert(1)</script>",
    "\x1b[31m [bold]red[/bold] \x00 \ud800",
    "| a | b |\n|---|---|",
)


@pytest.fixture(params=MESSAGES, ids=ascii)
def message(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def raised(message: str, user_class: str = "Buyer") -> TaskException:
    text = f'  File "shop.py", line 7, in buy\n    raise KeyError\nKeyError: {message}'
    return TaskException(user_class, "KeyError", after_failed_request=False, count=3, traceback=text)


def verdict_of(*exceptions: TaskException) -> Verdict:
    return decide(evidence(users=users(exceptions=exceptions)))


def shown_lines(message: str) -> list[str]:
    return [printable(line) for line in raised(message).traceback.splitlines()]


def test_verdict_json_has_count_and_traceback_and_gives_them_back(message: str) -> None:
    document = json.loads(to_json(JudgedRun(verdict_of(raised(message)))).encode())
    assert document["task_exceptions"][0]["count"] == 3
    assert Told.of(document).exceptions == (raised(message),)


def test_markdown_shows_the_traceback_as_one_block_of_code_that_ends_where_it_should(message: str) -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(to_markdown(verdict_of(raised(message))))
    [block] = [token for token in tokens if token.type == "fence"]
    assert block.content.splitlines() == shown_lines(message)
    assert [token.content for token in tokens if token.type == "heading_open"] == [""]


def test_the_terminal_shows_the_traceback_and_obeys_nothing_in_it(message: str) -> None:
    output = io.StringIO()
    console = Console(file=output, width=400, force_terminal=True, no_color=True, color_system=None)
    print_verdict(console, verdict_of(raised(message)), None)
    text = output.getvalue()
    assert all(line in text for line in shown_lines(message))
    assert printable(text.replace("\n", "")) == text.replace("\n", "")


def test_the_report_shows_the_traceback_and_its_message_is_no_markup(message: str) -> None:
    judgement = judgement_of(JudgedRun(verdict_of(raised(message))))
    assert [text.splitlines() for _, text in judgement.tracebacks] == [shown_lines(message)]
    page = report_html(Report("one", "smoke", judgement, (), ())).replace(packed_plotly(), "")
    assert page.count("<pre") == page.count("</pre>") == 1
    assert "<script>alert" not in page


def test_junit_names_the_type(message: str) -> None:
    assert "3 exceptions in 500 tasks: Buyer KeyError (3)" in to_junit(verdict_of(raised(message)))
    ET.fromstring(to_junit(verdict_of(raised(message))).encode())


def test_of_many_kinds_the_terminal_shows_a_few_and_the_files_all_that_were_kept() -> None:
    exceptions = [raised("x", f"Class{number}") for number in range(5)]
    output = io.StringIO()
    print_verdict(Console(file=output, width=200), verdict_of(*exceptions), None)
    assert output.getvalue().count('File "shop.py"') == 3
    assert "… and 2 more in verdict.md" in output.getvalue()
    assert to_markdown(verdict_of(*exceptions)).count('File "shop.py"') == 5


def test_a_traceback_of_both_kinds_of_one_type_is_shown_once() -> None:
    both = (raised("x"), TaskException("Buyer", "KeyError", after_failed_request=True, count=1, traceback="again"))
    assert with_traceback(both) == (both[0],)


def test_a_pass_above_the_locustfile_s_own_failed_check_contradicts_itself() -> None:
    verdict = decide(evidence())
    assert contradiction_in(verdict, 0) == ""
    against = replace(verdict, users=replace(verdict.users, exit_code=1))
    assert contradiction_in(against, 0) == "it says PASS, yet the locustfile set process_exit_code to 1"


def test_a_fail_without_a_missed_objective_is_not_told_to_be_fine() -> None:
    output = io.StringIO()
    print_verdict(Console(file=output, width=200), decide(evidence(users=users(exit_code=1))), None)
    assert "No objective was missed over the whole run" in output.getvalue()
    assert "Nothing to fix" not in output.getvalue()
