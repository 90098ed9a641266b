"""Which requests an HTTP server of ours answers."""

from __future__ import annotations

import pytest

from swarmscope_exporter.origins import allowed_hosts, is_from_another_site, is_ours

LOOPBACK = allowed_hosts("127.0.0.1")


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8089",
        "127.0.0.1",
        "127.8.9.1:8089",
        "localhost:8089",
        "LocalHost:8089",
        "localhost.:8089",
        "[::1]:8089",
        "[0:0:0:0:0:0:0:1]:8089",
        "[::ffff:127.0.0.1]:8089",
    ],
)
def test_a_loopback_name_or_address_is_ours_wherever_the_server_listens(host: str) -> None:
    for bind_host in ("127.0.0.1", "localhost", "0.0.0.0", "::", "", "*", "locust-web"):
        assert is_ours(host, None, allowed_hosts(bind_host))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8089",
        "localhost.evil.example:8089",
        "127.0.0.1.evil.example:8089",
        "10.0.0.7:8089",
        "[2001:db8::7]:8089",
        "2130706433:8089",
        "127.0.0.1:8089, evil.example",
        "user@127.0.0.1:8089",
        "127.0.0.1:8089/",
        "127.0.0.1:port",
        "::1",
        "[::1",
        "",
        None,
    ],
)
def test_a_foreign_malformed_or_missing_host_is_not_ours(host: str | None) -> None:
    assert not is_ours(host, None, LOOPBACK)


def test_the_name_a_server_listens_under_is_ours_and_names_in_extra_are_as_well() -> None:
    allowed = allowed_hosts("Locust-Web", ["loadgen.example.", "[2001:DB8::7]", ""])
    assert is_ours("locust-web:8089", None, allowed)
    assert is_ours("loadgen.example:9646", None, allowed)
    assert is_ours("[2001:db8:0::7]:9646", None, allowed)
    assert not is_ours("10.0.0.7:8089", None, allowed), "an empty name is not the wildcard"


def test_a_server_on_all_addresses_answers_to_every_address_and_to_no_unknown_name() -> None:
    for bind_host in ("0.0.0.0", "::", "[::]", "", "*"):
        allowed = allowed_hosts(bind_host, ["locust-master"])
        assert is_ours("10.0.0.7:9646", None, allowed)
        assert is_ours("[2001:db8::7]:9646", None, allowed)
        assert is_ours("locust-master:9646", None, allowed)
        assert not is_ours("evil.example:9646", None, allowed)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8089", "http://127.0.0.1:8089"),
        ("localhost:8089", "HTTP://LOCALHOST:8089"),
        ("[::1]:8089", "http://[::1]:8089"),
        ("localhost", "http://localhost"),
        ("localhost", "http://localhost:80"),
        ("localhost", "https://localhost"),
    ],
)
def test_a_page_of_this_server_may_send_requests(host: str, origin: str) -> None:
    assert is_ours(host, origin, LOOPBACK)


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.example",
        "http://127.0.0.1:3000",
        "http://localhost:8089",
        "http://127.0.0.1",
        "http://127.0.0.1:8089.evil.example",
        "http://user@127.0.0.1:8089",
        "file://127.0.0.1:8089",
        "127.0.0.1:8089",
        "http://127.0.0.1:8089 http://evil.example",
    ],
)
def test_a_page_of_another_origin_may_not(origin: str) -> None:
    assert not is_ours("127.0.0.1:8089", origin, LOOPBACK)


def test_an_origin_of_ours_does_not_excuse_a_foreign_host() -> None:
    assert not is_ours("evil.example:8089", "http://evil.example:8089", LOOPBACK)


@pytest.mark.parametrize("value", ["cross-site", "same-site", "Cross-Site"])
def test_a_browser_says_that_another_site_made_it_send_the_request(value: str) -> None:
    assert is_from_another_site(value)


@pytest.mark.parametrize("value", [None, "", "same-origin", "none"])
def test_an_address_typed_a_page_of_ours_and_a_program_are_no_other_site(value: str | None) -> None:
    assert not is_from_another_site(value)
