"""The page on faults lists every kind that a test declares, and none besides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault_matrix import MATRIX, NOT_YET, Row, declared, rendered, seen_before, with_seen

ROWS = (Row("a kind", "this | that", "FAIL", "tests/a.py"), Row("b kind", "more", "PASS", "tests/b.py"))


def test_the_page_lists_every_kind_that_is_declared() -> None:
    text = MATRIX.read_text()
    assert rendered(with_seen(declared(), text, {})) == text, "run .venv/bin/python -m tests.fault_matrix"
    assert len(declared()) > 30


def test_no_kind_was_seen_to_pass_that_must_not() -> None:
    for (kind, done), (expected, seen) in seen_before(MATRIX.read_text()).items():
        assert expected == "PASS" or "PASS" not in seen.split(", "), (kind, done)


def test_what_was_seen_is_kept_until_it_is_seen_again_or_something_else_is_expected() -> None:
    first = rendered(with_seen(ROWS, "", {("a kind", "this | that"): "FAIL"}))
    assert [row.seen for row in with_seen(ROWS, first, {})] == ["FAIL", NOT_YET]
    assert [row.seen for row in with_seen(ROWS, first, {("a kind", "this | that"): "PASS"})] == ["PASS", NOT_YET]
    stricter = (Row("a kind", "this | that", "refused"), *ROWS[1:])
    assert [row.seen for row in with_seen(stricter, first, {})] == [NOT_YET, NOT_YET]


def test_the_page_counts_what_was_tried_and_what_passed_and_must_not() -> None:
    page = rendered(with_seen(ROWS, "", {("a kind", "this | that"): "INCONCLUSIVE, PASS", ("b kind", "more"): "PASS"}))
    assert "2 kinds in 2 rows, 2 of them tried. False passes: 1.\n" in page
    assert "| a kind | this \\| that | FAIL | INCONCLUSIVE, PASS | `tests/a.py` |\n" in page


def test_marks_are_read_from_the_source_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fault_matrix.TESTS", tmp_path / "tests")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_some.py").write_text(
        'pytestmark = [pytest.mark.kind("z", "all", verdict="PASS")]\n'
        '@pytest.mark.kind("a", "one "\n    "thing", verdict="FAIL")\n'
        'def test(): parametrize(pytest.param(1, marks=pytest.mark.kind("a", "another", verdict="refused")))\n'
    )
    assert [(row.kind, row.done, row.expected, row.file) for row in declared(tmp_path / "tests")] == [
        ("a", "another", "refused", "tests/test_some.py"),
        ("a", "one thing", "FAIL", "tests/test_some.py"),
        ("z", "all", "PASS", "tests/test_some.py"),
    ]
