"""How the runs of a side are named, and what is said of names and folders that hold none."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from swarmscope.compare.comparison import Side
from swarmscope.errors import CommandError
from swarmscope.run.baselines import added
from swarmscope.run.sides import side_of
from tests.compare.summaries import summary
from tests.report.runs_of_the_past import BEGAN, left
from tests.run.stored_runs import rewrite, write_run

SMOKE, LATER = "20260131-142501-smoke", "20260131-143501-smoke"
LINUX = "smoke/linux-x86_64-2-cores"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a project with two runs and a baseline of two others, in which the command is called."""
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "results")
    write_run(tmp_path / "results", began=BEGAN + 600)
    added((summary("one"), summary("two")), tmp_path / "baselines")
    return tmp_path


def side(text: str) -> Side:
    return side_of(text, Path("results"), Path("baselines"))


def ids(text: str) -> list[str]:
    return [run.run_id for run in side(text).runs]


@pytest.mark.parametrize(
    "text",
    [f"results/{SMOKE}", f"results/{SMOKE}/verdict.json", f"results/{SMOKE}/evidence", SMOKE, f"./results/{SMOKE}/"],
)
def test_one_run_is_named_by_its_folder_or_its_id(place: Path, text: str) -> None:
    assert (ids(text), side(text).title) == ([SMOKE], SMOKE)
    assert place.is_dir()


def test_last_is_the_run_that_began_last(place: Path) -> None:
    assert ids("last") == [LATER]
    shutil.rmtree(place / "results")
    assert error_of("last") == "No runs in results: start one with `swarmscope run`, or name the folder of a run"


def test_a_folder_stands_for_the_runs_in_it_at_any_depth_oldest_first(place: Path) -> None:
    shutil.copytree(place / "results" / LATER, place / "artefacts" / "job-2" / "results" / LATER)
    shutil.copytree(place / "results" / SMOKE, place / "artefacts" / "job-9" / "results" / SMOKE)
    shutil.copytree(place / "results" / SMOKE, place / "artefacts" / "again" / SMOKE)
    assert ids("artefacts") == [SMOKE, LATER]
    assert side("artefacts").title == "artefacts"


def test_a_run_that_was_judged_again_is_one_run(place: Path) -> None:
    folder = place / "results" / SMOKE
    (folder / "judged-again").mkdir()
    shutil.copy(folder / "verdict.json", folder / "judged-again")
    assert ids(f"results/{SMOKE}") == [SMOKE]


@pytest.mark.parametrize("text", ["smoke", LINUX, "baselines", "baselines/smoke", f"baselines/{LINUX}"])
def test_a_baseline_is_named_by_its_scenario_its_machine_or_its_folder(place: Path, text: str) -> None:
    assert (ids(text), side(text).title) == (["one", "two"], text)
    assert ids(f"baselines/{LINUX}/one.json") == ["one"]
    assert place.is_dir()


def test_a_folder_of_the_name_of_a_baseline_is_not_in_its_way(place: Path) -> None:
    (place / "smoke").mkdir()
    (place / "smoke" / "package.json").write_text("{}")
    assert ids("smoke") == ["one", "two"]


def test_of_a_baseline_of_several_machines_one_is_named_or_that_of_this_machine(place: Path) -> None:
    other = "Linux aarch64, 8 cores"
    added((summary("three", machine=other),), place / "baselines")
    assert error_of("smoke") == (
        "baselines/smoke has runs of several machines: name the folder of one: linux-aarch64-8-cores,"
        " linux-x86_64-2-cores"
    )
    assert ids("smoke/linux-aarch64-8-cores") == ["three"]
    found = side_of("smoke", Path("results"), Path("baselines"), machine=other)
    assert [run.run_id for run in found.runs] == ["three"]


def error_of(text: str) -> str:
    with pytest.raises(CommandError) as raised:
        side(text)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_name_that_does_not_exist_is_told_with_what_does(place: Path) -> None:
    assert error_of("smokey") == (
        "smokey does not exist: expected the folder of a run, a folder with runs in it, the id of a run, `last`, or a"
        f" baseline; runs in results: {LATER}, {SMOKE}; baselines: {LINUX}"
    )
    shutil.rmtree(place / "results")
    shutil.rmtree(place / "baselines")
    assert error_of("smokey").endswith("; results has no runs, and baselines no baselines")


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_name_says_what_was_expected(place: Path, text: str) -> None:
    assert error_of(text).startswith("The name of a run is empty: expected the folder of a run, ")
    assert place.is_dir()


def test_a_name_does_not_lead_out_of_its_folder(place: Path) -> None:
    shutil.copytree(place / "results" / SMOKE, place.parent / "elsewhere" / SMOKE)
    (place / "deeper").mkdir()
    with pytest.raises(CommandError, match="does not exist"):
        side_of("../../elsewhere", place / "results", place / "deeper" / "baselines")


def test_runs_of_several_scenarios_are_listed(place: Path) -> None:
    write_run(place / "results", scenario="mixed")
    assert error_of("results") == (
        "results has runs of 2 scenarios: mixed, smoke; expected runs of one: name the folder of a run, or make a"
        " baseline with `swarmscope baseline add`"
    )


def test_of_runs_that_cannot_be_compared_the_first_is_told(place: Path) -> None:
    left(place / "results", BEGAN + 60)
    assert error_of("results").startswith(
        "1 of 3 runs in results cannot be compared: results/20260131-142601-smoke: run 20260131-142601-smoke has no"
        " evidence/"
    )


def archive(folder: Path) -> None:
    with zipfile.ZipFile(folder / "results.zip", "w") as file:
        file.writestr("verdict.json", "{}")


EXPECTED = "expected the folder of a run, a folder with runs in it, the id of a run, `last`, or a baseline"


@pytest.mark.parametrize(
    ("fill", "text", "told"),
    [
        pytest.param(lambda _: None, "odd", f"odd is empty: {EXPECTED}", id="an empty folder"),
        pytest.param(archive, "odd", "odd has no runs, but results.zip: unpack it", id="a folder with an archive"),
        pytest.param(
            archive, "odd/results.zip", "odd/results.zip is an archive: unpack it, and name the folder", id="an archive"
        ),
        pytest.param(
            lambda odd: (odd / "shop_stats.csv").write_text("Type,Name\n"),
            "odd",
            "odd has Locust's CSV files alone: a comparison reads verdict.json and evidence/, which `swarmscope run`"
            " leaves",
            id="Locust's files",
        ),
        pytest.param(
            lambda odd: [(odd / name).mkdir() for name in ("rules", "logs")],
            "odd",
            f"odd has no verdict.json: the run in it was not judged; {EXPECTED}",
            id="a run without its verdict",
        ),
        pytest.param(
            lambda odd: (odd / "notes.txt").write_text("hello"),
            "odd",
            "odd has no runs: expected folders with verdict.json and evidence/, or files of a baseline",
            id="something else",
        ),
        pytest.param(
            lambda odd: (odd / "notes.txt").write_text("hello"),
            "odd/notes.txt",
            f"odd/notes.txt is a file: {EXPECTED}",
            id="a file",
        ),
        pytest.param(
            lambda odd: (odd / "package.json").write_text('{"name": "left-pad"}'),
            "odd/package.json",
            "odd/package.json is not a run of a baseline: expected a run as `swarmscope baseline add` writes it, of"
            " schema 1",
            id="another product's file",
        ),
        pytest.param(
            lambda odd: (odd / "verdict.json").write_text('{"verdict": "guilty"}'),
            "odd",
            "odd/verdict.json is not a verdict of swarmscope: expected schema 1 with a run, not schema None",
            id="another product's verdict",
        ),
    ],
)
def test_what_holds_no_runs_is_told_in_one_line(
    place: Path, fill: Callable[[Path], object], text: str, told: str
) -> None:
    (place / "odd").mkdir()
    fill(place / "odd")
    assert error_of(text) == told


def test_a_file_of_a_baseline_that_is_half_there_is_told(place: Path) -> None:
    path = place / "baselines" / LINUX / "two.json"
    path.write_text(path.read_text()[:-9])
    assert error_of("smoke").startswith(f"baselines/{LINUX}/two.json is not a run of a baseline: it is not JSON (")


def test_series_that_were_cut_off_are_told(place: Path) -> None:
    path = place / "results" / SMOKE / "evidence" / "series.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert error_of(SMOKE).startswith(f"The evidence in results/{SMOKE} cannot be used: evidence/series.gz has ")


def test_a_run_without_evidence_is_told(place: Path) -> None:
    folder = place / "results" / SMOKE
    shutil.rmtree(folder / "evidence")
    rewrite(folder, json.loads((folder / "verdict.json").read_text()) | {"evidence": None})
    assert error_of(SMOKE).startswith(f"results/{SMOKE}: run {SMOKE} has no evidence/, which a comparison reads: ")
