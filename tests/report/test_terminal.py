"""Where a verdict on the terminal says that the evidence is."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from swarmscope.report.terminal import print_verdict
from swarmscope.verdict.decide import decide
from tests.verdict.builders import evidence


def last_line(results: Path) -> str:
    console = Console(file=StringIO(), width=300)
    print_verdict(console, decide(evidence()), results)
    return str(console.file.getvalue()).splitlines()[-1].rstrip()  # type: ignore[attr-defined]


def test_results_below_the_current_folder_are_named_as_a_person_there_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert last_line(tmp_path / "results" / "one") == f"Results: {Path('results/one')}"
    assert last_line(tmp_path.parent / "one") == f"Results: {tmp_path.parent / 'one'}"


def test_a_current_folder_that_was_deleted_does_not_cost_the_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert last_line(tmp_path / "one") == f"Results: {tmp_path / 'one'}"
