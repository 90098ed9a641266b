"""Old runs are removed, and nothing that is not a run of ours."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from swarmscope.cli.clean import app
from swarmscope.project.syntax import age_of
from tests.cli.command import Ended, call
from tests.report.runs_of_the_past import left

DAY = 86400
NOW = int(time.time())


def clean(results: Path, *arguments: str) -> Ended:
    return call(app, "--results", str(results), "--state-dir", str(results / ".swarmscope"), *arguments)


def names(results: Path) -> set[str]:
    return {path.name for path in results.iterdir()}


def test_runs_that_began_longer_ago_are_removed_with_all_that_is_in_them(tmp_path: Path) -> None:
    old, kept = left(tmp_path, NOW - 31 * DAY), left(tmp_path, NOW - 29 * DAY)
    (old / "logs").mkdir()
    (old / "logs" / "locust.log").write_bytes(b"x" * 2_500_000)
    os.utime(kept, (0, 0))  # when it was copied or touched says nothing
    ended = clean(tmp_path, "--keep", "30d")
    assert ended.exit_code == 0
    assert ended.output == f"Removed 1 run, 2.5 MB, that began over 30d ago in {tmp_path}\n"
    assert names(tmp_path) == {kept.name}


def test_a_dry_run_lists_them_and_removes_nothing(tmp_path: Path) -> None:
    first, second = left(tmp_path, NOW - 9 * DAY), left(tmp_path, NOW - 8 * DAY, "shop")
    ended = clean(tmp_path, "--keep", "1w", "--dry-run")
    lines = ended.output.splitlines()
    assert [line.split()[0] for line in lines[:2]] == [first.name, second.name]
    assert lines[2] == f"Would remove 2 runs, 0.0 MB, that began over 1w ago in {tmp_path}"
    assert names(tmp_path) == {first.name, second.name}


def test_what_is_not_a_run_of_ours_is_left_alone(tmp_path: Path) -> None:
    old = time.strftime("%Y%m%d-%H%M%S", time.gmtime(NOW - 90 * DAY))
    run = left(tmp_path / "elsewhere", NOW - 90 * DAY)
    (tmp_path / f"{old}-notes").mkdir()
    (tmp_path / f"{old}-notes" / "thoughts.txt").write_text("named like a run")
    (tmp_path / f"{old}-foreign").mkdir()
    (tmp_path / f"{old}-foreign" / "verdict.json").write_text('{"verdict": "guilty"}')
    (tmp_path / f"{old}-half").mkdir()
    (tmp_path / f"{old}-half" / "verdict.json").write_text("{")
    (tmp_path / f"{old}-copy").mkdir()
    (tmp_path / f"{old}-copy" / "verdict.json").write_bytes((run / "verdict.json").read_bytes())
    (tmp_path / f"{old}-file").touch()
    (tmp_path / f"{old}-linked").symlink_to(run, target_is_directory=True)
    (tmp_path / ".gitignore").write_text("*\n")
    before = names(tmp_path)
    ended = clean(tmp_path, "--keep", "30d")
    assert ended.output == f"Removed 0 runs, 0.0 MB, that began over 30d ago in {tmp_path}\n"
    assert names(tmp_path) == before
    assert (run / "verdict.json").is_file()


@pytest.fixture
def killed(tmp_path: Path) -> Path:
    """Return the folder of a run that began long ago and left no verdict."""
    folder = tmp_path / f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(NOW - 3 * DAY))}-smoke"
    for name in ("rules", "logs"):
        (folder / name).mkdir(parents=True)
    (folder / "logs" / "locust.log").touch()
    return folder


def test_a_run_that_was_killed_is_removed_and_one_that_still_writes_is_not(killed: Path) -> None:
    assert clean(killed.parent, "--keep", "2d").output.startswith("Removed 0 runs")
    for path in killed.rglob("*"):
        os.utime(path, (NOW - 3 * DAY, NOW - 3 * DAY))
    assert clean(killed.parent, "--keep", "2d").output.startswith("Removed 1 run")
    assert not killed.exists()


def test_a_run_with_an_id_of_its_own_began_when_its_verdict_says(tmp_path: Path) -> None:
    for name, days in (("nightly-1", 40), ("nightly-2", 20)):
        folder = left(tmp_path, NOW - days * DAY, run_id=name)
        assert json.loads((folder / "verdict.json").read_text())["run"]["run_id"] == name
    clean(tmp_path, "--keep", "30d")
    assert names(tmp_path) == {"nightly-2"}


def test_with_keep_the_data_of_the_stack_stays_and_without_it_runs_do(tmp_path: Path) -> None:
    run = left(tmp_path, NOW - 90 * DAY)
    (tmp_path / ".swarmscope").mkdir()
    clean(tmp_path, "--keep", "120d")
    assert names(tmp_path) == {run.name, ".swarmscope"}
    clean(tmp_path)
    assert names(tmp_path) == {run.name}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--keep", "30"), "Invalid age '30': expected a number over 0 with its unit, such as 12h, 30d or 4w"),
        (("--keep", "0d"), "Invalid age '0d': expected a number over 0 with its unit, such as 12h, 30d or 4w"),
        (("--keep", "-1d"), "Invalid age '-1d': expected a number over 0 with its unit, such as 12h, 30d or 4w"),
        (("--dry-run",), "--dry-run is for old runs: say which to keep, such as --keep 30d"),
        (
            ("--keep", "1d", "--results", "/nowhere"),
            "The results folder /nowhere cannot be read: No such file or directory",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_removes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], line: str
) -> None:
    run = left(tmp_path, NOW - 90 * DAY)
    (tmp_path / ".swarmscope").mkdir()
    ended = clean(tmp_path, *arguments)
    assert (ended.exit_code, ended.output, ended.error_line) == (2, "", line)
    assert names(tmp_path) == {run.name, ".swarmscope"}


def test_an_age_is_hours_days_or_weeks() -> None:
    assert [age_of(text) for text in ("12h", "30d", " 4w ")] == [43200.0, 30 * 86400.0, 28 * 86400.0]
