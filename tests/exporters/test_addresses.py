"""A password in an address is not shown."""

from __future__ import annotations

import pytest

from swarmscope_exporter.addresses import masked, without_passwords


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://user:secret@api.test/base", "https://user:***@api.test/base"),
        ("https://user:se@cr:et@api.test:8443", "https://user:***@api.test:8443"),
        ("http://user:secret@[::1]:8080/a", "http://user:***@[::1]:8080/a"),
        ("redis://:secret@cache:6379/0", "redis://:***@cache:6379/0"),
        ("user:secret@db:5432", "user:***@db:5432"),
        ("https://a:secret@one.test, https://b:other@two.test", "https://a:***@one.test, https://b:***@two.test"),
        ("https://user:se/cret@api.test", "https://user:***@api.test"),  # not escaped, and so not a valid URL
        ("https://user:12345@api.test", "https://user:***@api.test"),
    ],
)
def test_the_password_of_an_address_is_hidden(address: str, shown: str) -> None:
    assert masked(address) == shown


@pytest.mark.parametrize(
    "address",
    [
        *("http://127.0.0.1:8000", "http://[::1]:8080/base", "https://user@api.test", "api.test", "127.0.0.1:6379", ""),
        *("http://api.test:8000/@user", "broker-1:9092,broker-2:9092", "grpc://127.0.0.1:50051"),
    ],
)
def test_an_address_without_a_password_stays_as_it_is(address: str) -> None:
    assert masked(address) == address


def test_a_password_is_taken_out_of_a_text_however_the_text_is_written() -> None:
    host = "https://user:se&cret@api.test"
    text = 'at https://user:se&cret@api.test, {"host": "https://user:se\\u0026cret@api.test"}, user:se&amp;cret@'
    hidden = 'at https://user:***@api.test, {"host": "https://user:***@api.test"}, user:***@'
    assert without_passwords(text, (host, "http://other.test", "http://[half")) == hidden
    assert without_passwords(text, ("https://user@api.test",)) == text
