"""The first request of a process goes alone."""

from __future__ import annotations

import gevent
import pytest

from users.first_contact import FirstContact


class Users:
    """Ten users who enter at the same moment."""

    def __init__(self, contact: FirstContact) -> None:
        self.sent = 0
        self.turned_away = 0
        self._contact = contact
        self._greenlets = [gevent.spawn(self._user) for _ in range(10)]
        gevent.sleep(0)

    def _user(self) -> None:
        if self._contact.enter():
            self.sent += 1
        else:
            self.turned_away += 1

    def finish(self) -> None:
        gevent.joinall(self._greenlets, timeout=5)


@pytest.fixture
def refusals() -> list[int]:
    return []


@pytest.fixture
def contact(refusals: list[int]) -> FirstContact:
    return FirstContact(refusals.append)


def test_others_wait_until_the_first_request_was_answered(contact: FirstContact, refusals: list[int]) -> None:
    users = Users(contact)
    assert (users.sent, users.turned_away) == (1, 0)
    contact.leave(200)
    users.finish()
    assert (users.sent, users.turned_away) == (10, 0)
    assert refusals == []


@pytest.mark.parametrize("status", [401, 0])
def test_a_refusal_is_told_once_and_nobody_else_sends_anything(
    status: int, contact: FirstContact, refusals: list[int]
) -> None:
    users = Users(contact)
    contact.leave(status)
    users.finish()
    assert (users.sent, users.turned_away) == (1, 9)
    assert refusals == [status]
    assert not contact.enter()


def test_a_target_that_answers_with_an_error_is_left_to_the_verdict(contact: FirstContact, refusals: list[int]) -> None:
    assert contact.enter()
    contact.leave(503)
    assert contact.enter()
    assert refusals == []


def test_after_a_first_success_a_refusal_stops_nothing(contact: FirstContact, refusals: list[int]) -> None:
    assert contact.enter()
    contact.leave(200)
    assert contact.enter()
    contact.leave(401)
    contact.leave(0)
    assert contact.enter()
    assert refusals == []


def test_when_the_first_request_is_interrupted_the_next_user_tries(contact: FirstContact) -> None:
    users = Users(contact)
    contact.leave(None)
    gevent.sleep(0)
    assert users.sent == 2
    contact.leave(200)
    users.finish()
    assert users.sent == 10


def test_a_new_run_tries_again(contact: FirstContact) -> None:
    contact.enter()
    contact.leave(401)
    contact.reset()
    assert contact.enter()
