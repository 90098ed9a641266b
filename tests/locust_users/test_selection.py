"""Who takes part in a run."""

from __future__ import annotations

import pytest

from swarmscope.scenarios.selection import select

AVAILABLE = {"Reader": 5.0, "Writer": 2.0, "Chief": 1.0}
TASK_TAGS = {
    "Reader": [frozenset({"read"}), frozenset({"health"})],
    "Writer": [frozenset({"read"}), frozenset({"write"})],
    "Chief": [frozenset({"admin", "write"}), frozenset[str]()],
}
MIX = {"Reader": 70.0, "Writer": 30.0}


def test_without_options_the_mix_is_taken_as_it_is() -> None:
    assert select(MIX, AVAILABLE, TASK_TAGS) == MIX


def test_classes_that_are_named_take_the_place_of_the_mix() -> None:
    assert select(MIX, AVAILABLE, TASK_TAGS, picked=["Writer", "Chief"]) == {"Writer": 30.0, "Chief": 1.0}


def test_classes_without_a_task_of_the_tags_are_left_out() -> None:
    assert select(MIX, AVAILABLE, TASK_TAGS, tags=["write"]) == {"Writer": 30.0}
    assert select(MIX, AVAILABLE, TASK_TAGS, tags=["write", "health"]) == MIX
    assert select(MIX, AVAILABLE, TASK_TAGS, tags=["read", "health"], exclude_tags=["read"]) == {"Reader": 70.0}


def test_a_task_without_tags_is_only_left_out_by_tags_that_are_asked_for() -> None:
    chief = {"Chief": 1.0}
    assert select(chief, AVAILABLE, TASK_TAGS, exclude_tags=["admin"]) == chief
    with pytest.raises(ValueError, match="the tags leave no task to any of Chief"):
        select(chief, AVAILABLE, TASK_TAGS, tags=["health"])


def test_an_unknown_tag_is_refused_with_the_list_of_tags() -> None:
    with pytest.raises(ValueError, match="unknown tag") as raised:
        select(MIX, AVAILABLE, TASK_TAGS, tags=["read", "raed"], exclude_tags=["x"])
    assert str(raised.value) == "unknown tag raed, x: there are admin, health, read, write"


def test_a_mix_of_classes_that_do_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no user class") as raised:
        select({"Riter": 1}, AVAILABLE, TASK_TAGS)
    assert str(raised.value) == "no user class Riter: there are Chief, Reader, Writer"
