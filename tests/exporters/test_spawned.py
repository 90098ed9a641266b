"""Exceptions of greenlets that a user has spawned: which of them count, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import gevent
import pytest
from gevent import Greenlet, get_hub, getcurrent

from swarmscope_exporter.spawned import Raised, SpawnedExceptions

if TYPE_CHECKING:
    from swarmscope_exporter.virtual_users import VirtualUsers


class OneUser:
    """The greenlet of the test is that of the only user."""

    def __init__(self) -> None:
        self.failed = set[Any]()
        self.user = cast("Greenlet[..., Any]", getcurrent())

    def owner(self, where: Any) -> Greenlet[..., Any] | None:
        return None if where.args == ("stranger",) else self.user

    def class_of(self, owner: Greenlet[..., Any]) -> str:
        assert owner is self.user
        return "Buyer"


class Spawned:
    """What was counted, at a time that the test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.counted: list[str] = []
        self.exceptions = SpawnedExceptions(cast("VirtualUsers", OneUser()), self._count, lambda: self.now)
        self.exceptions.watch()

    def _count(self, raised: Raised) -> None:
        self.counted.append(f"{raised.user_class} {raised.error}")


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> Spawned:
    hub: Any = get_hub()
    monkeypatch.setattr(hub, "handle_error", lambda *_: None)
    return Spawned()


def spawn(text: str, kind: type[Exception] = ValueError) -> Greenlet[..., Any]:
    def fail(message: str) -> None:
        raise kind(message)

    greenlet = gevent.spawn(fail, text)
    greenlet.join()
    return greenlet


def test_one_that_nobody_fetches_counts_after_a_while_and_at_the_end_at_once(spawned: Spawned) -> None:
    spawn("early")
    spawned.now = 19.9
    spawn("late")
    spawned.exceptions.settle(is_over=False)
    assert spawned.counted == []
    spawned.now = 20.0
    spawned.exceptions.settle(is_over=False)
    assert spawned.counted == ["Buyer early"]
    spawned.exceptions.settle(is_over=True)
    assert spawned.counted == ["Buyer early", "Buyer late"]


def test_one_that_is_fetched_in_time_does_not_count_nor_do_those_of_its_type_about_then(spawned: Spawned) -> None:
    first, _ = spawn("first"), spawn("second")
    spawn("of another type", KeyError)
    spawned.now = 19.0
    with pytest.raises(ValueError, match="first"):
        first.get()
    spawned.now = 21.0
    spawned.exceptions.settle(is_over=False)
    spawn("third")
    spawned.exceptions.settle(is_over=True)
    assert spawned.counted == ["Buyer 'of another type'"]


def test_one_that_is_fetched_excuses_none_of_its_type_that_another_function_raised(spawned: Spawned) -> None:
    def check() -> None:
        raise ValueError("of another check")

    with pytest.raises(ValueError, match="fetched"):
        spawn("fetched").get()
    gevent.spawn(check).join()
    spawned.exceptions.settle(is_over=True)
    assert spawned.counted == ["Buyer of another check"]


def test_those_fetched_earlier_excuse_none_that_come_later(spawned: Spawned) -> None:
    with pytest.raises(ValueError, match="fetched"):
        spawn("fetched").get()
    for spawned.now in (20.0, 40.0):
        spawned.exceptions.settle(is_over=False)
    spawn("nobody's")
    spawned.exceptions.settle(is_over=True)
    assert spawned.counted == ["Buyer nobody's"]


def test_past_a_number_the_oldest_count_before_their_time(spawned: Spawned) -> None:
    for number in range(1001):
        spawn(str(number))
    assert spawned.counted == [f"Buyer {number}" for number in range(500)]


def test_those_of_no_user_and_of_the_run_before_do_not_count(spawned: Spawned) -> None:
    spawn("stranger")
    spawn("of the run before")
    spawned.exceptions.reset()
    spawned.exceptions.settle(is_over=True)
    assert spawned.counted == []
