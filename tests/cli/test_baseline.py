"""Baselines on the command line: runs kept as files, refused, and listed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarmscope.cli.baseline import app
from swarmscope.compare.summary_file import from_json
from tests.cli.command import Ended, call
from tests.report.runs_of_the_past import BEGAN
from tests.run.stored_runs import Load, write_run

LINUX = "smoke/linux-x86_64-2-cores"
FIRST = "20260131-142501-smoke"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def baseline(*arguments: str) -> Ended:
    results = ("--results", "results") if arguments[0] == "add" else ()
    return call(app, *arguments, *results, "--baselines", "baselines")


def run(place: Path, minutes: int = 0, load: Load | None = None, **changed: object) -> str:
    return write_run(place / "results", load or Load(), began=BEGAN + 60 * minutes, **changed).name  # type: ignore[arg-type]


def rows(ended: Ended) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("│").split("│")]
        for line in ended.output.splitlines()
        if line.startswith("│")
    ]


def test_a_run_is_kept_as_a_file_of_its_scenario_and_machine_class(place: Path) -> None:
    ended = baseline("add", run(place))
    assert (ended.exit_code, ended.error) == (0, "")
    assert ended.output.splitlines() == [
        f"Added {FIRST} to baselines/{LINUX}",
        f"{LINUX} has 1 run: 4 more needed, for a comparison decides from 5 on",
    ]
    [path] = (each for each in (place / "baselines").rglob("*") if each.is_file())
    assert path == place / "baselines" / LINUX / f"{FIRST}.json"
    kept = from_json(path.read_text())
    assert (kept.run_id, kept.verdict, kept.note) == (FIRST, "PASS", "")


def test_several_runs_at_once_and_enough_for_a_decision(place: Path) -> None:
    names = [run(place, minutes, Load(seed=minutes)) for minutes in range(5)]
    ended = baseline("add", *names[:3], "results")
    assert ended.exit_code == 0
    assert ended.output.count("Added ") == 5
    assert ended.output.splitlines()[-1] == f"{LINUX} has 5 runs: a comparison with it can decide"


def test_a_name_takes_the_place_of_the_scenario(place: Path) -> None:
    assert baseline("add", run(place), "--name", "release-1.2").exit_code == 0
    assert (place / "baselines" / "release-1.2" / "linux-x86_64-2-cores" / f"{FIRST}.json").is_file()
    ended = baseline("add", FIRST, "--name", "../elsewhere")
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line.startswith("invalid name of a baseline '../elsewhere': expected up to 64 letters, ")


@pytest.mark.parametrize("verdict", ["FAIL", "INCONCLUSIVE"])
def test_a_run_that_did_not_pass_is_refused_without_force_which_is_noted(place: Path, verdict: str) -> None:
    name = run(place, verdict=verdict, exit_code=1 if verdict == "FAIL" else 2)
    ended = baseline("add", name)
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line == (
        f"Run {FIRST} was not added to baseline {LINUX}: its verdict is {verdict}; --force adds it anyway"
    )
    assert not (place / "baselines").exists()
    ended = baseline("add", name, "--force")
    assert ended.exit_code == 0
    assert ended.output.splitlines()[0] == f"Added {FIRST} to baselines/{LINUX}, by --force: its verdict is {verdict}"
    text = (place / "baselines" / LINUX / f"{FIRST}.json").read_text()
    assert f'"note": "its verdict is {verdict}"' in text


def test_a_run_that_cannot_be_compared_with_the_others_is_refused(place: Path) -> None:
    baseline("add", run(place))
    other = run(place, 1, context={"rate": 80.0, "workers": 4})
    ended = baseline("add", other)
    assert ended.exit_code == 2
    assert ended.error_line == (
        f"Run {other} was not added to baseline {LINUX}: other number of workers: 1 and 4; --force adds it anyway"
    )
    assert baseline("add", other, "--force").exit_code == 0


def test_none_of_several_runs_is_added_when_one_is_refused(place: Path) -> None:
    good, bad = run(place), run(place, 1, verdict="FAIL", exit_code=1)
    assert baseline("add", good, bad).exit_code == 2
    assert not (place / "baselines").exists()


def test_a_run_counts_once_even_by_force(place: Path) -> None:
    name = run(place)
    assert baseline("add", name, name).output.count("Added ") == 1
    ended = baseline("add", name, "--force")
    assert ended.exit_code == 2
    assert ended.error_line == f"Run {FIRST} is in baseline {LINUX} already: each run counts once"


def test_a_name_that_stands_for_no_run_is_one_line(place: Path) -> None:
    ended = baseline("add", "nothing")
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line.startswith("nothing does not exist: expected the folder of a run, ")
    assert place.is_dir()


def test_baselines_are_listed_with_what_they_need(place: Path) -> None:
    baseline("add", *(run(place, minutes, Load(slower=1 + minutes / 10)) for minutes in range(2)))
    baseline("add", run(place, 1, scenario="mixed", context={"machine": "Linux aarch64, 8 cores"}))
    ended = baseline("show")
    assert (ended.exit_code, ended.error) == (0, "")
    assert ended.output.splitlines()[0].strip() == "2 baselines in baselines"
    mixed, smoke = rows(ended)
    assert mixed[:3] == ["mixed", "linux-aarch64-8-cores", "1"]
    assert mixed[4] == "-"
    assert smoke[:3] == ["smoke", "linux-x86_64-2-cores", "2"]
    assert smoke[3].endswith(" ms")
    assert smoke[4].endswith("%")
    assert smoke[6:] == ["2026-01-31", "2026-01-31", "1b07124"]
    assert ended.output.splitlines()[-2:] == [
        "mixed/linux-aarch64-8-cores has 1 run: 4 more needed, for a comparison decides from 5 on",
        f"{LINUX} has 2 runs: 3 more needed, for a comparison decides from 5 on",
    ]


def test_the_runs_of_one_are_listed_with_what_is_against_them(place: Path) -> None:
    baseline("add", run(place))
    baseline("add", run(place, 1, verdict="FAIL", exit_code=1), "--force")
    for name in ("smoke", LINUX):
        first, second = rows(baseline("show", name))
        assert first[:2] == [FIRST, "PASS"]
        assert first[-1] == "-"
        assert second[:2] == ["20260131-142601-smoke", "FAIL"]
        assert second[-1] == "its verdict is FAIL"


def test_json_has_numbers(place: Path) -> None:
    baseline("add", run(place), run(place, 1, Load(slower=1.2)))
    ended = baseline("show", "--json")
    [found] = json.loads(ended.output)["baselines"]
    assert (found["name"], found["scenario"], found["needed_runs"]) == (LINUX, "smoke", 3)
    p95s = [each["latency_p95_seconds"] for each in found["runs"]]
    assert found["latency_p95_seconds"] == pytest.approx(sum(p95s) / 2)
    assert found["latency_p95_spread_ratio"] == pytest.approx(abs(p95s[1] - p95s[0]) / 2**0.5 / (sum(p95s) / 2))
    assert found["runs"][0]["began"] == "2026-01-31T14:25:01Z"


def test_without_a_baseline_it_says_how_to_make_one(place: Path) -> None:
    ended = baseline("show")
    assert ended.exit_code == 2
    assert ended.error_line == "baselines has no baselines: keep runs in it with `swarmscope baseline add RUN`"
    baseline("add", run(place))
    ended = baseline("show", "shop")
    assert ended.error_line == f"baselines has no baseline 'shop': it has {LINUX}"


def test_a_file_that_cannot_be_read_is_one_line(place: Path) -> None:
    baseline("add", run(place))
    path = place / "baselines" / LINUX / f"{FIRST}.json"
    path.write_text(path.read_text()[:700])
    for ended in (baseline("show"), baseline("add", run(place, 1))):
        assert (ended.exit_code, ended.output) == (2, "")
        assert ended.error_line.startswith(f"baselines/{LINUX}/{FIRST}.json is not a run of a baseline: it is not JSON")


def test_a_folder_that_cannot_be_written_is_one_line(place: Path) -> None:
    (place / "baselines").write_text("a file")
    ended = baseline("add", run(place))
    assert ended.exit_code == 2
    assert ended.error_line == f"baselines/{LINUX}/{FIRST}.json cannot be written: Not a directory"
