"""Request names without their ids."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarmscope_exporter.name_templates import NamePatterns, problem_with_pattern, template_of

UUID = "0b9c1d2e-1111-4222-8333-0123456789ab"
SHA256 = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
EXAMPLE = "such as '/items/{id}' or '/users/*/orders'"


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("/items/123", "/items/{id}"),
        (f"/users/{UUID}/orders/7", "/users/{uuid}/orders/{id}"),
        (f"/users/{UUID.upper()}", "/users/{uuid}"),
        (f"/blob/{SHA256}", "/blob/{hash}"),
        ("/commits/5f0c2ab8", "/commits/{hash}"),
        ("/customers/cus_NffrFeUfNV2Hib", "/customers/{id}"),
        ("/01ARZ3NDEKTSV4RRFFQ69G5FAV", "/{id}"),
        ("/t/VsGXRZjdHiBmyTqWeRtYuI", "/t/{id}"),
        ("/reports/2026-01-31/10.0.0.1", "/reports/{id}/{id}"),
        ("/files/17.json", "/files/{id}.json"),
        ("/users/user_42", "/users/user_{id}"),
        ("/users/user1234", "/users/user{id}"),
        ("/search?q=red+shoes&page=2&all", "/search?q={value}&page={value}&all"),
        ("/search?items[7]=", "/search?items[{id}]={value}"),
        ("http://10.0.0.1:8080/items/7", "http://10.0.0.1:8080/items/{id}"),
        ("load item 17", "load item {id}"),
    ],
)
def test_what_varies_becomes_a_placeholder(name: str, template: str) -> None:
    assert template_of(name) == template
    assert NamePatterns([template]).find(name) == template


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/api/v1/oauth2/callback",
        "/feedback/facade",
        "/subscriptions-v2",
        "/customer-orders-v1-archive",
        "/getUserPreferencesForAccount",
        "/caf%C3%A9/%20a%20b",
        "/items/{id}",
        "catalogue.Catalogue/ListItems",
    ],
)
def test_words_stay(name: str) -> None:
    assert template_of(name) == name


NAMES = st.lists(
    st.sampled_from(
        [UUID, SHA256, "17", "items", "a1b2c3d4", "{id}", "{", "*", "v1", "?", "&", "=", "/", "-", ".", "%2"]
    )
    | st.text(max_size=8)
).map("".join)


@given(NAMES)
def test_the_template_of_a_template_is_itself(name: str) -> None:
    assert template_of(template_of(name)) == template_of(name)


@given(NAMES)
def test_a_template_that_is_a_valid_pattern_fits_the_name_that_it_comes_from(name: str) -> None:
    template = template_of(name)
    if problem_with_pattern(template) is None:
        assert NamePatterns([template]).find(name) == template


def test_a_pattern_fits_whole_names_with_any_query() -> None:
    patterns = NamePatterns(["/users/{user}/orders/*", "/search?q={words}", "/users/me", "/users/{user}"])
    found = {
        name: patterns.find(name)
        for name in (
            "/users/7/orders/9",
            "/users/7/orders/9?page=2",
            "/users/7/orders",
            "/users/7/orders/9/lines",
            "/search?q=a/b",
            "/search?q=a&page=2",
            "/search",
            "/users/me",
            "/users/bob",
            "/users/",
        )
    }
    assert found == {
        "/users/7/orders/9": "/users/{user}/orders/*",
        "/users/7/orders/9?page=2": "/users/{user}/orders/*",
        "/users/7/orders": None,
        "/users/7/orders/9/lines": None,
        "/search?q=a/b": "/search?q={words}",
        "/search?q=a&page=2": None,
        "/search": None,
        "/users/me": "/users/me",
        "/users/bob": "/users/{user}",
        "/users/": None,
    }


def test_text_of_a_pattern_is_taken_as_it_stands() -> None:
    assert NamePatterns(["/a.b(c)/{id}"]).find("/a.b(c)/7") == "/a.b(c)/{id}"
    assert NamePatterns(["/a.b(c)/{id}"]).find("/axb(c)/7") is None


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("", f"expected patterns of 1 to 200 characters, {EXAMPLE}"),
        ("/" + "x" * 200, f"expected patterns of 1 to 200 characters, {EXAMPLE}"),
        (
            "/items/{}",
            f"'/items/{{}}' has a brace that is not part of a placeholder: expected {{word}} or *, {EXAMPLE}",
        ),
        (
            "/items/{id",
            f"'/items/{{id' has a brace that is not part of a placeholder: expected {{word}} or *, {EXAMPLE}",
        ),
        ("/items/**", f"'/items/**' has two placeholders side by side: expected text between them, {EXAMPLE}"),
        ("/items/{id}", None),
    ],
)
def test_a_pattern_is_valid_or_it_is_said_why_not(pattern: str, problem: str | None) -> None:
    assert problem_with_pattern(pattern) == problem
    if problem is not None:
        with pytest.raises(ValueError, match=r"expected") as caught:
            NamePatterns([pattern])
        assert str(caught.value) == problem
