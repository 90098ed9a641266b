"""Which folder a run gets, and which run is the last one."""

from __future__ import annotations

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from swarmscope.cli import report, verdict
from swarmscope.cli.app import CommandLine
from swarmscope.errors import CommandError
from swarmscope.run.run_folders import claim_folder, last_run
from tests.cli.command import call

NOWHERE = "http://127.0.0.1:9"


def run_folder(results: Path, name: str, *, run_id: str | None = None, start: str | None = None) -> Path:
    """Return a run that left its verdict."""
    folder = results / name
    folder.mkdir(parents=True)
    run = {"run_id": name if run_id is None else run_id, "start": start}
    (folder / "verdict.json").write_text(json.dumps({"run": run}))
    return folder


@pytest.fixture
def same_second(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "gmtime", lambda _: time.struct_time((2026, 1, 31, 14, 25, 1, 5, 31, 0)))


@pytest.mark.usefixtures("same_second")
def test_runs_that_begin_in_the_same_second_each_get_a_folder_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        folders = list(pool.map(lambda _: claim_folder(tmp_path / "results", "smoke"), range(16)))
    assert {folder.name for folder in folders} == {
        "20260131-142501-smoke",
        *(f"20260131-142501-smoke-{number}" for number in range(2, 17)),
    }
    assert last_run(tmp_path / "results") == "20260131-142501-smoke-16"


@pytest.mark.usefixtures("same_second")
def test_an_id_that_the_master_or_prometheus_knows_is_not_taken_again(tmp_path: Path) -> None:
    known = {"20260131-142501-smoke", "20260131-142501-smoke-2"}
    assert claim_folder(tmp_path, "smoke", known.__contains__) == tmp_path / "20260131-142501-smoke-3"


def test_a_results_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "results").touch()
    with pytest.raises(CommandError, match=r"The results folder .*-smoke cannot be made: "):
        claim_folder(tmp_path / "results", "smoke")


def test_the_last_run_is_the_one_that_began_last_also_without_a_verdict(tmp_path: Path) -> None:
    run_folder(tmp_path, "20260102-000000-smoke")
    (tmp_path / "20260103-000000-baseline").mkdir()  # it was killed
    assert last_run(tmp_path) == "20260103-000000-baseline"


def test_the_last_run_is_not_one_that_is_later_in_the_alphabet(tmp_path: Path) -> None:
    run_folder(tmp_path, "zebra", start="2026-01-01T00:00:00+00:00")
    run_folder(tmp_path, "20260102-000000-smoke")
    run_folder(tmp_path, "20260102-000000-smoke-10")
    run_folder(tmp_path, "20260102-000000-smoke-9")
    assert last_run(tmp_path) == "20260102-000000-smoke-10"
    run_folder(tmp_path, "aardvark", start="2026-01-03T00:00:00+00:00")
    assert last_run(tmp_path) == "aardvark"


def test_what_is_no_run_is_not_the_last_one(tmp_path: Path) -> None:
    run = run_folder(tmp_path, "20260102-000000-smoke")
    run_folder(run, "judged-again", run_id=run.name)
    run_folder(tmp_path, "20260104-000000-copy", run_id=run.name)
    run_folder(tmp_path, "what-if-strict", run_id=run.name)
    (tmp_path / "20269999-000000-no-date").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "20260105-000000-smoke").touch()
    (tmp_path / "zzz").mkdir()
    (tmp_path / "zzz" / "verdict.json").write_text("[]")
    assert last_run(tmp_path) == run.name


@pytest.mark.parametrize("app", [verdict.app, report.app])
@pytest.mark.parametrize("run_id", ["../secrets", "/etc", 'a"} or up{', "a b", "-x", "x" * 101, "ä"])
def test_a_run_id_that_cannot_be_one_is_refused_before_anything_is_read(
    tmp_path: Path, app: CommandLine, run_id: str
) -> None:
    ended = call(app, f"--run-id={run_id}", "--results", str(tmp_path / "results"), "--prometheus-url", NOWHERE)
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line == (
        f"Invalid run id {run_id!r}: expected up to 100 letters, digits, dots, dashes and underscores"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_run_id_that_can_be_one_is_looked_for(tmp_path: Path) -> None:
    ended = call(report.app, "--run-id", "mine.1_a-b", "--results", str(tmp_path), "--prometheus-url", NOWHERE)
    assert re.fullmatch(r"Prometheus at http://127\.0\.0\.1:9 did not answer \(connection refused\)", ended.error_line)


def test_a_new_results_folder_is_passed_over_by_git_and_one_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for name in ("there", "new", "new"):
        claim_folder(tmp_path / name, "smoke")
    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
    assert [path.name for path in (tmp_path / "there").iterdir() if path.name.startswith(".")] == []
