"""Folders that are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.project.files import whole_folder


def test_a_folder_appears_whole_and_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    place = tmp_path / "evidence"
    for text in ("one", "two"):
        with whole_folder(place) as partial:
            (partial / f"{text}.txt").write_text(text)
            assert not (place / f"{text}.txt").exists()
        assert [path.name for path in place.iterdir()] == [f"{text}.txt"]
    assert list(tmp_path.iterdir()) == [place]


def test_ctrl_c_leaves_no_half_of_it_and_the_older_one_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "evidence"
    place.mkdir()
    (place / "old.txt").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        interrupted_within(place)
    assert [path.name for path in tmp_path.rglob("*")] == ["evidence", "old.txt"]


def interrupted_within(place: Path) -> None:
    with whole_folder(place) as partial:
        (partial / "half.txt").write_text("half")
        raise KeyboardInterrupt
