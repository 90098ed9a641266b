"""Judging and drawing a run from its folder alone: what is not as it was left, and what is no such folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from swarmscope.cli.report import app as report
from swarmscope.cli.verdict import app as verdict
from swarmscope.report.verdict_json import to_json
from swarmscope.run.stored_evidence import stored_evidence
from swarmscope.verdict.decide import decide
from swarmscope.verdict.integrity import sums_of
from swarmscope.verdict.verdict import JudgedRun
from tests.cli.command import call
from tests.verdict.builders import RUN_ID, evidence

MANIFEST = {
    "format": 1,
    "run_id": RUN_ID,
    "scenario": "smoke",
    "begin_seconds": 1000.0,
    "end_seconds": 1130.0,
    "judged_seconds": 1129.0,
    "lookback_seconds": 6.0,
    "evaluation_seconds": 2.0,
}


def left_by_a_run(folder: Path) -> Path:
    """Return the folder of a run that passed, with evidence that no test looks into."""
    place = folder / "evidence"
    (place / "rules").mkdir(parents=True)
    (place / "series.gz").write_bytes(b"not read here")
    (place / "manifest.json").write_text(json.dumps(MANIFEST))
    (place / "rules" / "sli.yml").write_text("groups: []\n")
    kept = {"series": 1, "samples": 2, "bytes": 3, "files": sums_of(place)}
    (folder / "verdict.json").write_text(to_json(JudgedRun(decide(evidence()), {}, kept)))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return left_by_a_run(tmp_path / "artefact" / "results" / RUN_ID)


def remove(path: Path) -> None:
    for file in path.rglob("*"):
        if file.is_file():
            file.unlink()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda place: (place / "series.gz").write_bytes(b"cut"), "evidence/series.gz has 3 bytes, expected 13"),
        (lambda place: (place / "series.gz").write_bytes(b"not READ here"), "evidence/series.gz was changed"),
        (lambda place: (place / "series.gz").unlink(), "evidence/series.gz is missing"),
        (lambda place: (place / "rules" / "sli.yml").write_text("groups: {}\n"), "evidence/rules/sli.yml was changed"),
        (lambda place: (place / "rules" / "new.yml").write_text("groups: []"), "evidence/rules/new.yml was added"),
        (lambda place: (place / "manifest.json").write_text("{}"), "evidence/manifest.json has 2 bytes"),
        (remove, "evidence/manifest.json is missing"),
    ],
)
def test_evidence_that_was_changed_is_inconclusive_and_named(
    run: Path, change: Callable[[Path], object], reason: str
) -> None:
    change(run / "evidence")
    ended = call(verdict, "--from", str(run.parents[1]))
    assert (ended.exit_code, ended.error) == (2, "")
    assert "Verdict: INCONCLUSIVE" in ended.output
    assert f"evidence: {reason}" in ended.words
    again = json.loads((run / "judged-again" / "verdict.json").read_text())
    assert (again["verdict"], again["run"]["run_id"]) == ("INCONCLUSIVE", RUN_ID)
    ended = call(report, "--from", str(run))
    assert ended.exit_code == 2
    assert ended.error_line.startswith(f"The evidence in {run} cannot be used: {reason}")


def test_an_edited_verdict_is_a_problem_beside_evidence_that_can_be_read(run: Path) -> None:
    path = run / "verdict.json"
    assert stored_evidence(run).problems == ()
    path.write_text(path.read_text().replace('"PASS"', '"FAIL"', 1))
    found = stored_evidence(run)
    assert found.problems == ("verdict.json was edited after it was written, as its digest tells",)
    assert found.manifest is not None
    path.write_text("half of")
    assert stored_evidence(run).problems == ("verdict.json cannot be read",)
    path.unlink()
    assert stored_evidence(run).problems == ("verdict.json is missing",)
    assert stored_evidence(run).run_id == RUN_ID


@pytest.mark.parametrize("command", [verdict, report])
def test_what_holds_no_evidence_is_one_line(tmp_path: Path, command: object) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "verdict.json").write_text('["something else"]')
    (tmp_path / "artefact.zip").write_bytes(b"PK")
    expected = "expected the folder of a run, or one that contains it"
    none = "expected a folder with verdict.json and evidence/"
    for name, line in (
        ("nowhere", f"does not exist; {expected}"),
        ("artefact.zip", f"is a file: unpack it, and name the folder; {expected}"),
    ):
        ended = call(command, "--from", str(tmp_path / name))  # type: ignore[arg-type]
        assert (ended.exit_code, ended.error_line) == (2, f"{tmp_path / name} {line}")
    for name in ("empty", "other"):
        ended = call(command, "--from", str(tmp_path / name))  # type: ignore[arg-type]
        assert (ended.exit_code, ended.error_line) == (
            2,
            f"No evidence of a run in {tmp_path / name}: {none}",
        )


def test_of_several_runs_one_has_to_be_chosen(tmp_path: Path) -> None:
    left_by_a_run(tmp_path / "a")
    second = left_by_a_run(tmp_path / "b")
    (second / "verdict.json").write_text((second / "verdict.json").read_text().replace(RUN_ID, "second"))
    ended = call(verdict, "--from", str(tmp_path))
    assert ended.error_line == f"There are 2 runs in {tmp_path}: say which with --run-id: {RUN_ID}, second"

    ended = call(verdict, "--from", str(tmp_path), "--run-id", "third")
    assert ended.error_line == f"Run third was not found in {tmp_path}, only {RUN_ID}, second"
    ended = call(verdict, "--from", str(tmp_path), "--last")
    assert ended.error_line == (
        "--from names the run's folder: leave out --last, or choose among its runs with --run-id ID"
    )


def test_of_several_copies_of_a_run_one_has_to_be_named(tmp_path: Path) -> None:
    copies = [left_by_a_run(tmp_path / name) for name in ("a", "b")]
    ended = call(verdict, "--from", str(tmp_path))
    assert ended.error_line == f"There are 2 folders of one run in {tmp_path}: name one: {copies[0]}, {copies[1]}"


def test_a_folder_that_cannot_be_written_is_said_after_the_verdict(run: Path) -> None:
    (run / "evidence" / "series.gz").unlink()
    (run / "judged-again").write_text("a file")
    ended = call(verdict, "--from", str(run))
    assert ended.exit_code == 2
    assert "Verdict: INCONCLUSIVE" in ended.output
    assert "Results:" not in ended.output
    assert ended.error_line == f"The verdict cannot be written to {run / 'judged-again'}: File exists"
