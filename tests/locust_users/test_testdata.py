"""Accounts, questions, documents and leads: deterministic, and spread as they should be."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from testdata.accounts import Account, AccountPool, NoAccountError, van_der_corput
from testdata.documents import SIZE_BYTES, Size, make_document
from testdata.leads import STATUSES, make_lead, next_status
from testdata.queries import COMPLEX, CONVERSATIONS, LEVELS, MODERATE, SIMPLE, Level, pick_query, queries

ANY_SIZE = pytest.mark.parametrize("size", SIZE_BYTES)


def test_of_ten_accounts_seven_are_regular_two_power_and_one_admin() -> None:
    accounts = [Account(number) for number in range(1, 11)]
    assert [account.role for account in accounts] == ["regular"] * 7 + ["power"] * 2 + ["admin"]
    assert accounts[0].email == "user00001@example.test"
    assert Account(1000).role == "admin"


def test_the_first_account_handed_out_is_the_last_one_seeded() -> None:
    pool = AccountPool(1000, worker_index=0)
    assert pool.acquire("admin") == Account(1000)
    assert pool.acquire("regular") == Account(997)


def test_an_account_is_used_twice_only_when_all_have_been_used() -> None:
    pool = AccountPool(100, worker_index=0)
    first = [pool.acquire("regular") for _ in range(70)]
    assert len(set(first)) == 70
    assert {account.role for account in first} == {"regular"}
    assert pool.acquire("regular") == first[0]


def test_an_account_that_was_given_back_is_handed_out_before_one_in_use_twice() -> None:
    pool = AccountPool(10, worker_index=0)
    both = [pool.acquire("power"), pool.acquire("power")]
    pool.release(both[1])
    assert pool.acquire("power") == both[1]


@pytest.mark.parametrize("workers", [2, 3, 4, 8])
def test_workers_that_share_the_accounts_take_different_ones(workers: int) -> None:
    each = 700 // (2 ** (workers - 1).bit_length())
    taken = [AccountPool(1000, worker).acquire for worker in range(workers)]
    accounts = [acquire("regular") for acquire in taken for _ in range(each)]
    assert len(set(accounts)) == workers * each


def test_the_same_worker_gets_the_same_accounts_in_every_run() -> None:
    def first_ten() -> list[Account]:
        pool = AccountPool(1000, 3)
        return [pool.acquire("regular", "power") for _ in range(10)]

    assert first_ten() == first_ten()


def test_a_role_that_nobody_has_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(NoAccountError) as raised:
        AccountPool(9, 0).acquire("admin")
    assert str(raised.value) == (
        "None of the 9 test accounts is admin: seed at least 10, and say how many there are in LOADTEST_TEST_USERS"
    )


def test_starting_points_are_far_from_those_before() -> None:
    assert [van_der_corput(index) for index in range(6)] == [0, 0.5, 0.25, 0.75, 0.125, 0.625]


def test_there_are_five_written_questions_of_each_level_and_three_conversations() -> None:
    assert [len(written) for written in (SIMPLE, MODERATE, COMPLEX)] == [5, 5, 5]
    assert len(CONVERSATIONS) == 3
    assert all(len(conversation.turns) >= 3 for conversation in CONVERSATIONS)


def test_no_question_exists_twice_and_the_written_ones_come_first() -> None:
    every = [question for level in LEVELS for question in queries(level)]
    assert len(set(every)) == len(every) > 200
    assert queries("simple")[:5] == SIMPLE


@pytest.mark.parametrize("level", LEVELS)
def test_few_questions_are_asked_often_and_many_seldom(level: Level) -> None:
    rng = Random(7)
    counts = Counter(pick_query(level, rng) for _ in range(20_000))
    written = queries(level)
    assert counts[written[0]] / counts[written[1]] == pytest.approx(2, rel=0.1)
    assert counts[written[0]] / counts[written[9]] == pytest.approx(10, rel=0.25)
    assert len(counts) == len(written)


@ANY_SIZE
def test_a_document_has_exactly_its_size_in_bytes(size: Size) -> None:
    document = make_document(size, "run-7-1")
    assert len(document.content.encode()) == len(document.content) == SIZE_BYTES[size]
    assert document.size == size


@ANY_SIZE
def test_a_key_makes_the_same_document_again_and_another_key_another_one(size: Size) -> None:
    assert make_document(size, "a") == make_document(size, "a")
    documents = [make_document(size, f"run-{number}") for number in range(20)]
    assert len({document.content for document in documents}) == 20
    assert len({document.title for document in documents}) == 20


def test_a_key_makes_the_same_lead_again_and_another_key_another_address() -> None:
    assert make_lead("r-1-1") == make_lead("r-1-1")
    assert len({make_lead(f"r-1-{number}")["email"] for number in range(500)}) == 500


def test_a_lead_moves_on_until_it_is_won_and_a_closed_one_is_opened_again() -> None:
    followers = {status: next_status({"status": status}) for status in STATUSES}
    assert followers == {
        "new": "contacted",
        "contacted": "qualified",
        "qualified": "won",
        "won": "contacted",
        "lost": "contacted",
    }
