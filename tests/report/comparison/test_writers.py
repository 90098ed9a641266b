"""What a comparison looks like: on the terminal, in Markdown, as JSON, as JUnit, and as a page."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from swarmscope.compare.comparison import Answer, Comparison
from swarmscope.compare.judge import compare_pairs, compare_runs
from swarmscope.compare.summary import Key
from swarmscope.report.comparison.json_text import to_json
from swarmscope.report.comparison.junit import to_junit
from swarmscope.report.comparison.markdown import to_markdown
from swarmscope.report.comparison.page import to_html
from swarmscope.report.comparison.terminal import print_comparison
from tests.compare.made import CHAT, LIST, Load, sides

HOSTILE: Key = ("GET", "</script><b>|`*\x1b[31m\n💥")


def compared(slower: float = 1.0, key: Key = CHAT, pairs: int = 16) -> Comparison:
    before = {key: Load(0.1), LIST: Load(0.02)}
    return compare_pairs(*sides(pairs, before, {**before, key: Load(0.1 * slower)}))


def printed(comparison: Comparison, width: int = 80) -> list[str]:
    output = StringIO()
    print_comparison(Console(file=output, width=width), comparison)
    return output.getvalue().splitlines()


def many_endpoints() -> Comparison:
    loads = {("GET", f"/page/{number}/of/a/very/long/path/that/goes/on"): Load(0.05) for number in range(60)}
    return compare_pairs(*sides(8, loads, loads))


def test_what_became_worse_is_the_first_thing_and_named() -> None:
    lines = printed(compared(1.2))
    assert "B against A: WORSE" in lines
    shown = [line for line in lines if line and not line.startswith(" ")]
    assert shown[:2] == ["all requests", "GET /chat"]
    (reason,) = (line for line in lines if line.startswith("  - latency mean GET /chat"))
    assert "+20" in reason
    assert "worse" in next(line for line in lines if line.startswith("  latency mean"))


@pytest.mark.parametrize("make", [lambda: compared(1.2), compared, many_endpoints], ids=["worse", "same", "sixty"])
def test_it_fits_80_columns_and_60_endpoints_a_screen(make) -> None:  # type: ignore[no-untyped-def]
    lines = printed(make())
    assert max(map(len, lines)) <= 80
    assert len(lines) < 40


def test_what_is_the_same_says_so_briefly() -> None:
    lines = printed(compared())
    assert lines[-1] == "B against A: SAME"
    assert "and 2 more endpoints: 10 same" in lines


def test_single_runs_say_how_many_more_and_what_to_do() -> None:
    before, after = sides(2, {CHAT: Load(0.1)}, {CHAT: Load(0.2)})
    lines = " ".join(printed(compare_runs(before, replace(after, runs=after.runs[:1]))))
    assert "B against A: CANNOT TELL" in lines
    assert "2 runs of A, needs 5; about 3 more runs; until then" in lines
    assert "`swarmscope baseline add`" in lines


def test_what_is_not_comparable_has_no_figures_unless_forced() -> None:
    side_a, side_b = sides(8, {CHAT: Load(0.1)}, {CHAT: Load(0.1)})
    refused = Comparison(side_a, side_b, "run", compared().policy, obstacles=("other machine: x and y",))
    assert printed(refused)[-2:] == [
        "not comparable; --force compares all the same",
        "  - other machine: x and y",
    ]
    forced = replace(compared(), obstacles=refused.obstacles, forced=True)
    assert "compared all the same (--force)" in printed(forced)
    assert (refused.answer, forced.answer) == (Answer.CANNOT_TELL, Answer.SAME)
    assert "**Not comparable**" in to_markdown(refused)
    assert "**Compared all the same (--force)**" in to_markdown(forced)
    assert json.loads(to_json(forced))["forced"] is True


def test_json_has_every_row_as_numbers() -> None:
    document = json.loads(to_json(compared(1.2)))
    assert (document["answer"], document["exit_code"], document["unit"]) == ("worse", 1, "pair")
    row = next(row for row in document["rows"] if (row["figure"], row["name"]) == ("latency_mean_seconds", "/chat"))
    assert row["answer"] == "worse"
    assert row["shift"]["low"] < 0.2 < row["shift"]["high"]
    assert row["shift"]["units"] == 16
    assert document["rows"][0]["name"] is None
    assert len(document["a"]["runs"]) == 16


def test_junit_fails_what_is_worse_and_no_other() -> None:
    suite = ET.fromstring(to_junit(compared(1.2))).find("testsuite")
    assert suite is not None
    failed = {case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None}
    assert {"latency mean GET /chat", "latency p95 GET /chat", "comparison"} <= failed
    assert not any("/list" in str(name) for name in failed)
    unknown = ET.fromstring(to_junit(compared(pairs=3))).iter("testcase")
    assert all(case.find("error") is not None for case in unknown if case.get("name") == "comparison")


def test_markdown_leads_with_the_answer_and_folds_the_rest() -> None:
    text = to_markdown(compared(1.2))
    assert text.startswith("## ❌ WORSE: B against A\n")
    assert "| latency mean GET /chat |" in text.partition("<details>")[0]
    assert "POST /list" not in text.partition("<details>")[0]


def test_hostile_names_do_no_harm_anywhere() -> None:
    comparison = compared(1.5, HOSTILE)
    html = to_html(comparison)
    assert "<b>|" not in html
    assert "\x1b[31m" not in "".join(printed(comparison))
    ET.fromstring(to_junit(comparison))
    row = next(line for line in to_markdown(comparison).splitlines() if "script" in line and line.startswith("|"))
    assert "<b>" not in row.replace("\\<b\\>", "")
    assert json.loads(to_json(comparison))["rows"][-1]["name"] == HOSTILE[1]


def test_the_page_needs_nothing_else_and_draws_both_sides() -> None:
    html = to_html(compared(1.2))
    assert "<title>WORSE:" in html
    for title in ("Shift of B, with interval", "p95 over time", "Latency by share of requests: GET /chat"):
        assert title in html
    assert "http://" not in html.partition('<script type="application/gzip"')[0].replace("http://a", "")


def test_a_page_without_any_figure_can_be_made() -> None:
    side_a, side_b = sides(1, {}, {})
    empty = Comparison(replace(side_a, runs=()), replace(side_b, runs=()), "pair", compared().policy)
    assert "CANNOT TELL" in to_html(empty)
    assert printed(empty)[-1] == "  - nothing was compared"
