"""Settings of the virtual users, read from the environment and checked before any load."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from testdata.accounts import MIN_ACCOUNTS

REALTIME_PATH = "/api/realtime/ws"

Seconds = Annotated[float, Field(gt=0, le=600)]


class UserSettingsError(ValueError):
    """A setting is missing or wrong; the message is one line that says which, why, and what to do."""


class UserSettings(BaseSettings):
    """Settings of one Locust process; empty variables count as absent."""

    model_config = SettingsConfigDict(env_prefix="LOADTEST_", env_ignore_empty=True, extra="ignore", frozen=True)

    #: Password of all test accounts, the same that the API was seeded with.
    user_password: SecretStr = Field(validation_alias=AliasChoices("LOADTEST_USER_PASSWORD", "API_TEST_USER_PASSWORD"))
    #: How many test accounts the API was seeded with.
    test_users: int = Field(default=1000, validation_alias=AliasChoices("LOADTEST_TEST_USERS", "API_TEST_USERS"))
    #: WebSocket address, when it is not the one of the API.
    ws_url: str = ""
    request_timeout_seconds: Seconds = 30.0
    connect_timeout_seconds: Seconds = 10.0
    answer_timeout_seconds: Seconds = 15.0

    @field_validator("test_users")
    @classmethod
    def _has_every_role(cls, count: int) -> int:
        if count < MIN_ACCOUNTS:
            raise ValueError(
                f"expected at least {MIN_ACCOUNTS}, which is one account for each role, not {count}:"
                " seed more with API_TEST_USERS"
            )
        return count

    @field_validator("ws_url")
    @classmethod
    def _is_websocket_url(cls, url: str) -> str:
        if url and not (url.startswith(("ws://", "wss://")) and urlsplit(url).hostname):
            raise ValueError(f"expected an address like ws://host:port, not {url!r}")
        return url

    def realtime_url(self, host: str) -> str:
        """Return where to open WebSockets: the setting, else derived from the API's address.

        The path is added to either.
        """
        parts = urlsplit(self.ws_url or host)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        path = parts.path.rstrip("/")
        if not (self.ws_url and path):
            path += REALTIME_PATH
        return urlunsplit((scheme, parts.netloc, path, parts.query, ""))


def load_settings() -> UserSettings:
    """Read the environment; raise `UserSettingsError`, one line, which never shows a value of a secret."""
    try:
        return UserSettings()  # type: ignore[call-arg]  # from the environment
    except ValidationError as error:
        problems = "; ".join(_problem(str(item["loc"][0]), item["type"], item["msg"]) for item in error.errors())
        raise UserSettingsError(f"Settings of the virtual users: {problems}") from None


def _problem(location: str, kind: str, message: str) -> str:
    variable = location if location.isupper() else f"LOADTEST_{location.upper()}"
    if kind == "missing":
        return "no password for the test accounts: set LOADTEST_USER_PASSWORD to the API_TEST_USER_PASSWORD of the API"
    return f"{variable}: {message.removeprefix('Value error, ')}"
