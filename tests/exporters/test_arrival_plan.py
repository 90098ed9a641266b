"""The books of arrivals on the master."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmscope_exporter.arrival_plan import ArrivalBooks, ArrivalPlan, Epoch
from swarmscope_exporter.intended_starts import ArrivalCounts


@given(st.integers(1, 6), st.integers(0, 40), st.integers(0, 40))
def test_an_epoch_counts_as_if_each_number_was_looked_at(workers: int, begin: int, more: int) -> None:
    names = tuple(str(index) for index in range(workers))
    epoch, numbers = Epoch(0, names), range(begin, begin + more)
    for index, name in enumerate(names):
        assert epoch.owned(name, begin, begin + more) == sum(number % workers == index for number in numbers)


def test_books_balance_while_a_run_lasts_with_what_waits() -> None:
    plan = ArrivalPlan(("0", "1"))
    counts = {"0": ArrivalCounts(5, 3, 1, 0, 1, 10), "1": ArrivalCounts(5, 5, 0, 0, 0, 10)}
    assert plan.books(counts) == ArrivalBooks(scheduled=10, started=8, dropped=1, cut_off=0, lost=0, waiting=1)


def test_a_worker_that_walks_only_half_of_its_schedule_unbalances_the_books_at_the_planned_end() -> None:
    plan = ArrivalPlan(("0", "1"))
    plan.total = 20
    counts = {"0": ArrivalCounts(10, 10, 0, 0, 0, 20), "1": ArrivalCounts(5, 5, 0, 0, 0, 10)}
    books = plan.books(counts, is_walked=True)
    assert books.scheduled == 20
    assert sum(books.outcomes.values()) == 15


def test_arrivals_of_a_dead_worker_are_lost_up_to_when_others_took_over() -> None:
    plan = ArrivalPlan(("0", "1"))
    plan.share_anew(60, ("0",))  # the other one has died
    counts = {"0": ArrivalCounts(70, 70, 0, 0, 0, 100), "1": ArrivalCounts(12, 10, 1, 0, 1, 24)}
    assert plan.books(counts) == ArrivalBooks(scheduled=100, started=80, dropped=1, cut_off=0, lost=19, waiting=0)
    plan.total = 100
    books = plan.books(counts, is_walked=True)
    assert books.scheduled == sum(books.outcomes.values()) == 100


def test_a_worker_without_a_last_report_has_lost_what_it_has_not_told() -> None:
    plan = ArrivalPlan(("0", "1"))
    plan.total = 100
    counts = {"0": ArrivalCounts(50, 50, 0, 0, 0, 100)}
    books = plan.books(counts, ["1"], is_walked=True)
    assert (books.lost, books.scheduled) == (50, 100)


def test_without_any_report_nothing_is_known_but_the_schedule() -> None:
    plan = ArrivalPlan(("0",))
    plan.total = 30
    assert plan.books({}) == ArrivalBooks(0, 0, 0, 0, 0, 0)
    assert plan.books({}, is_walked=True).scheduled == 30


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(1, 4)), max_size=4), st.integers(0, 300))
def test_every_arrival_is_due_at_one_worker_whatever_the_shares(shares: list[tuple[int, int]], end: int) -> None:
    plan, since = ArrivalPlan(("0", "1", "2")), 0
    for more, workers in shares:
        since += more
        plan.share_anew(since, [str(index) for index in range(workers)])
    assert sum(plan.due(str(index), end) for index in range(4)) == end
