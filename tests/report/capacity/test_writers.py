"""What a capacity looks like: on the terminal, in Markdown, as JSON, as JUnit, and in its folder."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from swarmscope.capacity.answer import Capacity
from swarmscope.capacity.step import Step
from swarmscope.errors import CommandError
from swarmscope.report.capacity.json_text import from_json, to_json
from swarmscope.report.capacity.junit import to_junit
from swarmscope.report.capacity.markdown import to_markdown
from swarmscope.report.capacity.results_folder import write_results
from swarmscope.report.capacity.terminal import print_capacity
from tests.report.capacity.samples import HOSTILE, SAMPLES, steps

_OUTCOMES = {
    "soft": "PASS",
    "cliff": "PASS",
    "generator": "INCONCLUSIVE",
    "below": "INCONCLUSIVE",
    "at_least": "PASS",
    "missed": "FAIL",
    "straddling": "INCONCLUSIVE",
    "highest_held": "PASS",
    "interrupted": "INCONCLUSIVE",
    "nothing": "INCONCLUSIVE",
    "no_target_metrics": "PASS",
    "by_users": "PASS",
    "mixed_tries": "INCONCLUSIVE",
    "hostile": "PASS",
}


def printed(capacity: Capacity, width: int = 80) -> list[str]:
    output = StringIO()
    print_capacity(Console(file=output, width=width), capacity)
    return [line.rstrip() for line in output.getvalue().splitlines()]


def cases(capacity: Capacity) -> list[ET.Element]:
    return list(ET.fromstring(to_junit(capacity)).iter("testcase"))


@pytest.mark.parametrize("name", SAMPLES)
def test_every_form_gives_the_same_answer(name: str) -> None:
    capacity, expected = SAMPLES[name](), _OUTCOMES[name]
    lines = printed(capacity)
    assert lines[0].startswith(f"{expected}  capacity")
    assert max(map(len, lines)) <= 80
    assert to_markdown(capacity).splitlines()[0].split()[2] == f"{expected}:"
    document = json.loads(to_json(capacity))
    assert (document["outcome"], document["exit_code"]) == (
        expected,
        {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 2}[expected],
    )
    whole = cases(capacity)[0]
    assert [child.tag for child in whole] == [
        {"PASS": "system-out", "FAIL": "failure", "INCONCLUSIVE": "error"}[expected]
    ]


def test_the_terminal_begins_with_the_answer_and_what_it_rests_on() -> None:
    assert printed(SAMPLES["at_least"]())[:6] == [
        "PASS  capacity_per_second 412 of at least 400/s  (baseline)",
        "Capacity 412 to 431/s",
        "Latency p95 broke first, softly: 71 % of what is allowed at 412/s, 142 % at",
        "431/s",
        "Exhausted: target CPU, pool",
        "Knee: latency rises faster from 340/s on",
    ]


def test_the_table_has_a_row_for_each_load() -> None:
    lines = printed(SAMPLES["soft"]())
    rows = [line.split() for line in lines if line.split() and line.split()[0].endswith("/s") and "of" in line]
    assert [row[0] for row in rows] == ["50/s", "100/s", "200/s", "400/s", "412/s", "425/s", "431/s", "450/s", "800/s"]
    assert "412/s held 3 of 3   33.8 ms  145 ms  242 ms 0.02 %  411.9/s   1.81      0.41" in lines
    assert lines[-3:] == [
        "  - 425/s to 431/s: latency p95",
        "  - 450/s: latency p95, endpoint latency p95 POST /api/chat",
        "  - 800/s: response time grows, latency p95, endpoint latency p95 POST /api/chat",
    ]


def test_a_wide_terminal_has_what_broke_beside_its_load() -> None:
    lines = printed(SAMPLES["soft"](), 160)
    assert next(line for line in lines if line.startswith("431/s")).endswith("0.43 latency p95")
    assert not [line for line in lines if line.startswith("  - 425/s")]


def test_without_metrics_of_the_target_its_columns_are_left_out() -> None:
    lines = printed(SAMPLES["no_target_metrics"]())
    assert not [line for line in lines if "CPU" in line and "throttled" not in line and "Add a CPU" not in line]
    assert "Figures are medians of the tries." in lines


def test_a_search_without_a_step_says_why_and_has_an_empty_table_nowhere() -> None:
    capacity = SAMPLES["nothing"]()
    assert printed(capacity) == ["INCONCLUSIVE  capacity unknown: the target did not answer  (baseline)"]
    assert "|" not in to_markdown(capacity)
    assert len(cases(capacity)) == 1


def test_color_is_for_a_terminal_only() -> None:
    output = StringIO()
    print_capacity(Console(file=output, width=80, force_terminal=True, color_system="standard"), SAMPLES["missed"]())
    assert "\x1b[1;31mFAIL" in output.getvalue()
    assert "\x1b" not in "".join(printed(SAMPLES["missed"]()))


def test_markdown_has_the_answer_the_facts_and_the_table() -> None:
    lines = to_markdown(SAMPLES["missed"]()).splitlines()
    assert lines[0] == "## ❌ FAIL: capacity_per_second 412 of at least 500/s (baseline)"
    assert "- Capacity 412 to 431/s" in lines
    assert "- Exhausted: target CPU, pool" in lines
    assert "- the target's CPU was throttled in 1 of 13 steps" in lines
    head = next(line for line in lines if line.startswith("| Load"))
    assert head == ("| Load | Tries | p50 | p95 | p99 | Errors | Answered | Target CPU | Generator CPU | What broke |")
    rows = [line for line in lines if line.startswith("|") and "/s |" in line]
    assert len(rows) == 9
    assert {line.count(" |") for line in rows} == {head.count(" |")}
    assert rows[6].startswith("| 431/s | broke 3 of 3 | 67.8 ms | 291 ms |")


def test_markdown_of_many_loads_fits_a_comment() -> None:
    capacity = replace(SAMPLES["soft"](), steps=steps(*(100.0 + load for load in range(200))))
    text = to_markdown(capacity)
    assert "| and 140 more, in capacity.json | |" in text
    assert len(text) < 65_536


@pytest.mark.parametrize("name", SAMPLES)
def test_json_holds_all_that_makes_the_page_again(name: str) -> None:
    capacity = SAMPLES[name]()
    assert from_json(to_json(capacity)) == capacity


def test_json_has_every_field_in_base_units_and_the_goal_as_an_objective() -> None:
    document = json.loads(to_json(SAMPLES["at_least"]()))
    assert document["schema"] == 1
    assert {each.name for each in fields(Capacity)} <= set(document)
    assert {each.name for each in fields(Step)} == set(document["steps"][0])
    assert document["objective"] == {
        "objective": "capacity_per_second",
        "threshold": 400.0,
        "low": 412.0,
        "high": 431.0,
        "status": "PASS",
    }
    step = document["steps"][7]
    assert (step["load"], step["outcome"], step["used"]["target_cpu"]) == (
        412.0,
        "held",
        pytest.approx(1.811, abs=0.001),
    )
    assert step["objectives"][0]["share_of_threshold"] == pytest.approx(step["p95_seconds"] / 0.2)
    assert json.loads(to_json(SAMPLES["by_users"]()))["objective"]["objective"] == "capacity_users"
    assert json.loads(to_json(SAMPLES["soft"]()))["objective"] is None


@pytest.mark.parametrize(
    ("name", "status"), [("missed", "FAIL"), ("straddling", "UNDECIDED"), ("interrupted", "NO DATA")]
)
def test_json_has_the_status_of_the_goal_as_verdicts_have_it(name: str, status: str) -> None:
    assert json.loads(to_json(SAMPLES[name]()))["objective"]["status"] == status


def test_what_json_has_no_number_for_is_not_known() -> None:
    endless = replace(SAMPLES["soft"](), steps=(replace(steps(50.0)[0], growth=math.inf, p99_seconds=math.nan),))
    step = from_json(to_json(endless)).steps[0]
    assert (step.growth, step.p99_seconds) == (None, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.pop("by"), "it lacks by"),
        (lambda document: document.update(schema=2), "it has schema 2"),
        (lambda document: document.update(by="threads"), "by is not to be 'threads'"),
        (lambda document: document.update(found="somewhere"), "found is not to be 'somewhere'"),
        (lambda document: document.update(low="412"), "low is not to be '412'"),
        (lambda document: document.update(low=True), "low is not to be True"),
        (lambda document: document.update(steps={}), "steps is not to be {}"),
        (lambda document: document["steps"][0].pop("used"), "steps lacks used"),
        (lambda document: document["steps"][0].update(number=1.5), "number is not to be 1.5"),
        (lambda document: document["steps"][0].update(used={"target_cpu": None}), "target_cpu is not to be None"),
        (lambda document: document["first"].update(is_cliff="no"), "is_cliff is not to be 'no'"),
    ],
)
def test_json_that_is_something_else_is_refused_by_name(change, said: str) -> None:  # type: ignore[no-untyped-def]
    document = json.loads(to_json(SAMPLES["soft"]()))
    change(document)
    with pytest.raises(ValueError, match="as `swarmscope capacity` writes it") as found:
        from_json(json.dumps(document))
    assert str(found.value).startswith(said)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "NaN", "[" * 100_000, '{"schema": 1}'])
def test_text_that_holds_no_capacity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="of schema 1"):
        from_json(text)


def test_junit_passes_a_load_that_broke_and_tells_of_it() -> None:
    whole, *of_steps = cases(SAMPLES["soft"]())
    assert (whole.get("name"), whole.get("classname")) == ("capacity_per_second", "baseline.capacity")
    assert len(of_steps) == 13
    assert {child.tag for case in of_steps for child in case} == {"system-out"}
    said = next(case for case in of_steps if case.get("name") == "step 9 at 431/s").findtext("system-out")
    assert said is not None
    assert said.splitlines()[:3] == [
        "broke: latency p95",
        "run 20260131-120900-baseline",
        "latency p95: 288 ms of ≤ 200 ms, FAIL",
    ]


def test_junit_skips_steps_that_say_nothing() -> None:
    by_name = {case.get("name"): case for case in cases(SAMPLES["mixed_tries"]())}
    skipped = {name for name, case in by_name.items() if case.find("skipped") is not None}
    assert skipped == {"step 4 at 420/s", "step 6 at 440/s"}


def test_junit_says_what_was_missed() -> None:
    failure = cases(SAMPLES["missed"]())[0].find("failure")
    assert failure is not None
    assert (failure.get("message") or "").startswith("capacity_per_second 412 of at least 500/s; capacity 412 to 431/s")


def test_hostile_names_do_no_harm_anywhere() -> None:
    capacity = SAMPLES["hostile"]()
    assert "\x1b" not in "".join(printed(capacity))
    text = to_markdown(capacity)
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "\x1b" not in text
    ET.fromstring(to_junit(capacity))
    assert from_json(to_json(capacity)).scenario == HOSTILE


def test_the_folder_has_every_form(tmp_path: Path) -> None:
    folder = tmp_path / "capacity"
    write_results(folder, SAMPLES["soft"]())
    assert sorted(path.name for path in folder.iterdir()) == [
        "capacity.json",
        "capacity.md",
        "junit.xml",
        "report.html",
    ]
    assert from_json((folder / "capacity.json").read_text("utf-8")) == SAMPLES["soft"]()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(CommandError, match=rf"The results cannot be written to {blocked / 'x'}"):
        write_results(blocked / "x", SAMPLES["nothing"]())
