"""Settings of the virtual users."""

from __future__ import annotations

import os

import pytest

from users.settings import UserSettingsError, load_settings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("LOADTEST_", "API_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("API_TEST_USER_PASSWORD", "secret")


def test_the_password_of_the_api_serves_unless_there_is_one_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().user_password.get_secret_value() == "secret"
    monkeypatch.setenv("LOADTEST_USER_PASSWORD", "other")
    assert load_settings().user_password.get_secret_value() == "other"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "API_TEST_USER_PASSWORD",
            "",
            "no password for the test accounts: set LOADTEST_USER_PASSWORD to the API_TEST_USER_PASSWORD of the API",
        ),
        (
            "LOADTEST_TEST_USERS",
            "9",
            (
                "LOADTEST_TEST_USERS: expected at least 10, which is one account for each role, not 9:"
                " seed more with API_TEST_USERS"
            ),
        ),
        ("LOADTEST_WS_URL", "http://h", "LOADTEST_WS_URL: expected an address like ws://host:port, not 'http://h'"),
        ("LOADTEST_ANSWER_TIMEOUT_SECONDS", "0", "LOADTEST_ANSWER_TIMEOUT_SECONDS: Input should be greater than 0"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UserSettingsError) as raised:
        load_settings()
    assert str(raised.value) == f"Settings of the virtual users: {message}"


@pytest.mark.parametrize(
    ("setting", "host", "url"),
    [
        ("", "http://api:8000", "ws://api:8000/api/realtime/ws"),
        ("", "https://api.example.com/v2/", "wss://api.example.com/v2/api/realtime/ws"),
        ("ws://other:9000", "http://api:8000", "ws://other:9000/api/realtime/ws"),
        ("wss://other/socket", "http://api:8000", "wss://other/socket"),
    ],
)
def test_websockets_are_opened_where_the_setting_says_else_where_the_api_is(
    setting: str, host: str, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOADTEST_WS_URL", setting)
    assert load_settings().realtime_url(host) == url
