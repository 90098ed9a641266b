"""What was damaged, lost or edited after a run is noticed, and named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.decide import decide
from swarmscope.verdict.integrity import digest_of, doubted, file_problems, is_edited, sums_of
from swarmscope.verdict.verdict import JudgedRun
from tests.verdict.builders import alert, evidence


def document(**context: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(to_json(JudgedRun(decide(evidence()), context)))
    return read


def test_a_verdict_has_a_digest_that_holds_whatever_is_in_it() -> None:
    odd = document(text='ü "\n\udc80', numbers=[1e300, 0.1, float("inf")], keys={1: (2, 3)})
    assert not is_edited(odd)
    assert not is_edited(dict(reversed(odd.items())))
    assert odd["digest"].startswith("sha256:")


def test_each_change_is_noticed_and_an_older_verdict_has_nothing_to_notice() -> None:
    changed = document()
    changed["objectives"][0]["measured"] += 1e-12
    assert is_edited(changed)
    assert is_edited(document() | {"added": None})
    assert is_edited(document() | {"digest": None})
    older = document()
    del older["digest"]
    assert not is_edited(older)
    assert digest_of(older) == document()["digest"]
    assert is_edited(older | {"evidence": {"files": {}}})  # one with evidence had a digest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "evidence"
    (place / "rules").mkdir(parents=True)
    (place / "series.gz").write_bytes(b"0123456789")
    (place / "rules" / "sli.yml").write_text("groups: []\n")
    return place


def test_files_as_they_were_written_have_no_problem(folder: Path) -> None:
    assert file_problems(folder, {"files": sums_of(folder)}) == ()


def test_each_file_that_is_not_as_it_was_is_named(folder: Path) -> None:
    recorded = {"files": sums_of(folder) | {"manifest.json": {"sha256": "0", "bytes": 1}}}
    (folder / "series.gz").write_bytes(b"01234")
    (folder / "rules" / "sli.yml").write_text("groups: {}\n")
    (folder / "rules" / "more.yml").write_text("groups: []\n")
    assert file_problems(folder, recorded) == (
        "evidence/rules/sli.yml was changed: its checksum differs",
        "evidence/series.gz has 5 bytes, expected 10: it was cut off or changed",
        "evidence/manifest.json is missing",
        "evidence/rules/more.yml was added",
    )
    assert file_problems(folder.with_name("none"), {"files": {"a": {}}}) == ("evidence/a is missing",)


@pytest.mark.parametrize("recorded", [None, [], "x", {}, {"files": []}, {"files": {}}])
def test_a_verdict_without_checksums_of_the_evidence_says_so(folder: Path, recorded: object) -> None:
    assert file_problems(folder, recorded) == ("verdict.json has no checksums of the evidence",)


@pytest.mark.parametrize("alerts", [(), (alert(),)])
def test_what_rests_on_changed_evidence_is_inconclusive_whatever_it_says(alerts: tuple[Any, ...]) -> None:
    verdict = decide(evidence(alerts=(*evidence().alerts, *alerts)))
    result = doubted(verdict, ("evidence/series.gz is missing",))
    assert (result.outcome, result.reasons) == (
        "INCONCLUSIVE",
        ("evidence: evidence/series.gz is missing", *verdict.reasons),
    )
    assert (result.checks[0].name, result.checks[0].ok) == ("evidence", False)
    assert doubted(verdict, ()) == verdict
