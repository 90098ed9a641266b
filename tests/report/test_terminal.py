"""The evidence of a verdict on the terminal: where it is, and how its requests were counted."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from swarmscope.report.terminal import advice_lines, print_verdict
from swarmscope.verdict.decide import decide
from swarmscope.verdict.verdict import Verdict
from tests.verdict.builders import evidence, ledger


def last_line(results: Path) -> str:
    console = Console(file=StringIO(), width=300)
    print_verdict(console, decide(evidence()), results)
    return str(console.file.getvalue()).splitlines()[-1].rstrip()  # type: ignore[attr-defined]


def printed(verdict: Verdict, *, verbose: bool = False) -> str:
    console = Console(file=StringIO(), width=300, force_terminal=True, color_system="standard")
    print_verdict(console, verdict, None, verbose=verbose)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_every_hop_of_the_ledger_is_printed() -> None:
    assert "; workers 1000 (600 + 400) = Locust 1000 = exporter 1000 = Prometheus 1000" in printed(decide(evidence()))


def test_the_hop_that_lost_requests_stands_out() -> None:
    text = printed(decide(evidence(ledger=ledger(prometheus=990))))
    bold_yellow, plain = "\x1b[1;33m", "\x1b[0m"
    assert f"= exporter 1000 {bold_yellow}≠ Prometheus 990{plain}: 10 lost between exporter and Prometheus" in text


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


@pytest.mark.parametrize("width", [80, 120, 140])
def test_lists_are_wrapped_between_words_and_below_their_first_word(width: int) -> None:
    console = Console(file=StringIO(), width=width)
    console.print(advice_lines(["word " * 60, "/a/path/" + "longer/" * 40]))
    first, *lines = str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    assert first == "Recommendation:"
    assert all(line.startswith(("  - ", "    ")) and len(line) <= width and line == line.rstrip() for line in lines)
    assert " ".join(lines).replace("-", "").split()[:60] == ["word"] * 60


def test_of_the_evidence_only_gaps_are_shown_in_full_and_all_of_it_when_more_is_asked_for() -> None:
    lost = decide(evidence(ledger=ledger(prometheus=990)))
    short, full = (printed(lost, verbose=verbose) for verbose in (False, True))
    assert "≠ Prometheus 990" in short
    assert re.search(r"Evidence: \d+ of \d+ checks hold", short)
    shown = [len(re.findall(r"\[32mok", text)) for text in (short, full)]  # after a color
    assert (shown[0], shown[1] > 10) == (0, True)
