"""What each kind of comparison looks like in every form."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from swarmscope.compare.comparison import Answer
from swarmscope.report.comparison.charts import course, shifts
from swarmscope.report.comparison.json_text import to_json
from swarmscope.report.comparison.junit import to_junit
from swarmscope.report.comparison.markdown import to_markdown
from swarmscope.report.comparison.page import to_html
from swarmscope.report.comparison.terminal import print_comparison
from swarmscope.report.comparison.words import reasons
from tests.report.comparison.samples import HOSTILE, SAMPLES, sixty_endpoints

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ROOT = Path(__file__).parents[3]
_ANSWERS = {
    "same": Answer.SAME,
    "better": Answer.BETTER,
    "worse": Answer.WORSE,
    "worse_runs": Answer.WORSE,
    "same_runs": Answer.SAME,
    "few_runs": Answer.CANNOT_TELL,
    "noisy_pairs": Answer.CANNOT_TELL,
    "sixty_endpoints": Answer.CANNOT_TELL,
    "not_comparable": Answer.CANNOT_TELL,
    "forced": Answer.SAME,
    "hostile": Answer.WORSE,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_form_gives_the_same_answer(name: str) -> None:
    comparison = SAMPLES[name]()
    assert comparison.answer is _ANSWERS[name]
    output = StringIO()
    print_comparison(Console(file=output, width=80), comparison)
    said = comparison.answer.value.upper()
    assert f"B against A: {said}" in output.getvalue()
    assert max(map(len, output.getvalue().splitlines())) <= 80
    assert said in to_markdown(comparison).splitlines()[0]
    assert json.loads(to_json(comparison))["answer"] == comparison.answer.value
    whole = [case for case in ET.fromstring(to_junit(comparison)).iter("testcase") if case.get("name") == "comparison"]
    outcome = {Answer.WORSE: "failure", Answer.CANNOT_TELL: "error"}.get(comparison.answer)
    assert [child.tag for child in whole[0]] == ([outcome] if outcome else [])


def test_what_is_probably_worse_is_named_among_60_endpoints() -> None:
    lines = reasons(sixty_endpoints())
    assert lines[0].endswith("until then 2 probably worse")
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "latency p95 GET /api/v1/projects/[id]/resources/17/details",
        "latency mean GET /api/v1/projects/[id]/resources/17/details",
    ]


def test_what_may_be_worse_comes_before_what_is_probably_the_same() -> None:
    probable = ["probably worse" in line for line in reasons(SAMPLES["noisy_pairs"]())]
    assert probable == sorted(probable, reverse=True)
    assert any(probable)


def test_names_beside_the_shifts_tell_endpoints_apart() -> None:
    chart = shifts(sixty_endpoints())
    assert chart is not None
    names = chart["layout"]["yaxis"]["ticktext"]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 34
    assert names[-1].endswith("/17/details")


@pytest.mark.parametrize("name", ["worse", "better", "worse_runs"])
def test_all_shifts_are_within_the_axis(name: str) -> None:
    chart = shifts(SAMPLES[name]())
    assert chart is not None
    left, right = chart["layout"]["xaxis"]["range"]
    marks = [trace for trace in chart["data"] if trace["mode"] == "markers"]
    places = [x for trace in marks for x in trace["x"]]
    assert places
    assert all(left < x < right for x in places)
    assert all(left <= tick <= right for tick in chart["layout"]["xaxis"]["tickvals"])


def test_blocks_of_a_pair_are_joined_over_time() -> None:
    chart = course(SAMPLES["worse"](), "latency_p95_seconds")
    assert chart is not None
    joined, a, b = chart["data"]
    assert joined["x"][:3] == [1, 1, 1]
    assert joined["y"][:3] == [a["y"][0], b["y"][0], None]
    assert len(joined["y"]) == 3 * 24


@pytest.mark.real
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is missing: install the package chromium")
def test_a_browser_draws_every_chart_and_has_nothing_to_complain_of(tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(to_html(sixty_endpoints()))
    command = [sys.executable, "-m", "tests.grafana.browse", path.as_uri()]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    for visit in json.loads(done.stdout):
        assert {name: visit[name] for name in ("said", "empty", "wide", "narrow", "printed")} == {
            "said": [],
            "empty": [],
            "wide": 0,
            "narrow": 0,
            "printed": 0,
        }
        assert visit["charts"] == 4


def test_no_mark_up_of_a_name_gets_into_a_chart() -> None:
    chart = shifts(SAMPLES["hostile"]())
    assert chart is not None
    texts = chart["layout"]["yaxis"]["ticktext"]
    assert any("script" in text for text in texts)
    assert not [text for text in texts if "<" in text]
    assert HOSTILE[1] not in to_html(SAMPLES["hostile"]())
