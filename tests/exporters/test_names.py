"""Under which names requests are published."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from swarmscope_exporter.names import NameBook, Naming, problem_with_max_names


def published(book: NameBook, *names: str) -> list[str]:
    return [book.published(name) for name in names]


def test_names_are_published_as_they_are_up_to_the_cap_and_then_by_their_templates() -> None:
    book = NameBook(Naming(max_names=2))
    assert published(book, "/items/1", "/items/2", "/items/3", "/items/1", "/items/3", "/cart/9") == [
        "/items/1",
        "/items/2",
        "/items/{id}",
        "/items/1",
        "/items/{id}",
        "/cart/{id}",
    ]


def test_a_name_without_an_id_that_is_seen_after_the_cap_keeps_its_name() -> None:
    book = NameBook(Naming(max_names=2))
    assert published(book, "/items/1", "/items/2", "/checkout") == ["/items/1", "/items/2", "/checkout"]


def test_more_templates_than_the_cap_overflow() -> None:
    book = NameBook(Naming(max_names=2))
    assert published(book, "/a", "/b", "/c", "/d/1", "/a") == ["/a", "/b", "(overflow)", "(overflow)", "/a"]


def test_a_pattern_is_the_name_from_the_first_request_on_and_takes_no_room() -> None:
    book = NameBook(Naming(max_names=1, patterns=("/items/{item}", "/pages/7")))
    names = ("/items/1", "/pages/7", "/items/2?full=1", "/cart", "/pages/8", "/items/{item}")
    assert published(book, *names) == [
        "/items/{item}",
        "/pages/7",
        "/items/{item}",
        "/cart",
        "(overflow)",
        "/items/{item}",
    ]
    assert book.folded == {}


def test_three_folded_names_of_each_of_ten_templates_are_kept() -> None:
    book = NameBook(Naming(max_names=30))
    for number in range(30):
        book.published(f"/first/{number}")
    for letter in "abcdefghijklm":
        for number in range(9):
            book.published(f"/{letter}/{number}")
    assert list(book.folded) == [f"/{letter}/{{id}}" for letter in "abcdefghij"]
    assert book.folded["/a/{id}"] == ["/a/0", "/a/1", "/a/2"]


def test_names_that_share_a_template_are_told_before_the_cap_and_after_it() -> None:
    book = NameBook(Naming(max_names=3))
    published(book, "/items/1", "/cart/1")
    assert book.shared_templates() == {}
    published(book, "/items/2")
    assert book.shared_templates() == {"/items/1": "/items/{id}", "/items/2": "/items/{id}"}
    published(book, "/cart/2", "/items/3")
    assert book.shared_templates() == {
        "/items/1": "/items/{id}",
        "/items/2": "/items/{id}",
        "/cart/1": "/cart/{id}",
    }


@given(st.lists(st.sampled_from([f"/{word}/{number}" for word in "abcdef" for number in range(5)] + ["/a", "/b?q=1"])))
def test_a_name_is_published_under_one_name_for_the_whole_run_and_its_size_is_bounded(names: list[str]) -> None:
    book, first = NameBook(Naming(max_names=4)), dict[str, str]()
    for name in names:
        assert book.published(name) == first.setdefault(name, book.published(name))
    assert len({*first.values()} - {"(overflow)"}) <= 8


def test_the_number_of_names_has_limits() -> None:
    assert [problem_with_max_names(number) for number in (1, 200, 1000)] == [None, None, None]
    assert {problem_with_max_names(number) for number in (0, -1, 1001)} == {"expected a whole number from 1 to 1000"}
