"""`swarmscope compare` on stored runs: exit codes, what it writes, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarmscope.cli.baseline import app as baseline_app
from swarmscope.cli.compare import app
from tests.cli.command import Ended, call
from tests.report.runs_of_the_past import BEGAN
from tests.run.stored_runs import Load, write_run


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(place: Path, minutes: int, load: Load | None = None, **changed: object) -> str:
    return write_run(place / "results", load or Load(seed=minutes), began=BEGAN + 60 * minutes, **changed).name  # type: ignore[arg-type]


def compare(*arguments: str) -> Ended:
    return call(app, *arguments, "--results", "results", "--baselines", "baselines")


@pytest.fixture
def baseline(place: Path) -> str:
    """Return the name of a baseline with eight runs that are alike."""
    names = [run(place, minutes) for minutes in range(8)]
    ended = call(baseline_app, "add", *names, "--results", "results", "--baselines", "baselines")
    assert ended.exit_code == 0, ended.error
    return "smoke"


def test_a_run_like_its_baseline_is_the_same(place: Path, baseline: str) -> None:
    ended = compare(baseline, run(place, 20))
    assert (ended.exit_code, ended.error) == (0, "")
    assert ended.output.splitlines()[-1] == "B against A: SAME"


def test_a_slower_run_is_worse_in_every_form(place: Path, baseline: str) -> None:
    name = run(place, 20, Load(seed=20, slower=1.5))
    files = ("--markdown", "c.md", "--junit", "c.xml", "--html", "c.html")
    ended = compare(baseline, name, *files)
    assert ended.exit_code == 1
    assert "B against A: WORSE" in ended.output
    assert "WORSE" in (place / "c.md").read_text()
    assert 'type="worse"' in (place / "c.xml").read_text()
    assert "<title>WORSE" in (place / "c.html").read_text()
    as_json = compare(baseline, name, "--json")
    document = json.loads(as_json.output)
    assert (as_json.exit_code, document["answer"]) == (1, "worse")


def test_one_run_against_another_cannot_tell_whatever_the_figures(place: Path) -> None:
    ended = compare(run(place, 0), run(place, 1, Load(slower=3.0)))
    assert ended.exit_code == 2
    assert "B against A: CANNOT TELL" in ended.output
    assert "1 run of A, needs 5; about 4 more runs" in ended.output


def test_what_is_not_comparable_is_named_and_compared_by_force_alone(place: Path, baseline: str) -> None:
    other = run(place, 20, context={"machine": "Linux x86_64, 64 cores"})
    ended = compare(f"{baseline}/linux-x86_64-2-cores", other)
    assert ended.exit_code == 2
    assert "  - other machine: Linux x86_64, 2 cores and Linux x86_64, 64 cores" in ended.output
    forced = compare(f"{baseline}/linux-x86_64-2-cores", other, "--force")
    assert forced.exit_code == 0
    assert "compared all the same (--force)" in forced.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nothing", "last"), "nothing does not exist: expected the folder of a run"),
        (("empty", "last"), "empty is empty: expected the folder of a run"),
        (("last", "last", "--margin", "5"), "Invalid --margin '5': expected a percentage above 0 and below 100"),
        (("last", "last"), "the same run on both sides"),
    ],
    ids=["absent", "empty", "margin", "same"],
)
def test_what_cannot_be_compared_is_one_line_and_exit_code_2(
    place: Path, arguments: tuple[str, ...], said: str
) -> None:
    run(place, 0)
    (place / "empty").mkdir()
    ended = compare(*arguments)
    assert ended.exit_code == 2
    assert said in ended.error + ended.output
    assert len(ended.error.splitlines()) <= 1


def test_the_folder_of_an_ab_run_has_its_comparison_already(place: Path) -> None:
    (place / "results" / "pairs").mkdir(parents=True)
    (place / "results" / "pairs" / "comparison.json").write_text("{}")
    ended = compare("pairs", "last")
    assert ended.exit_code == 2
    assert "pairs is an A/B run, which is compared already: see results/pairs/comparison.json" in ended.error
    assert len(ended.error.splitlines()) == 1
