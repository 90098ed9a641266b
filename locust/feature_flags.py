"""Switches the feature flags of the reference API, as its administrator."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import requests

from swarmscope.errors import CommandError
from swarmscope.network import direct_session, in_words
from swarmscope.project.env_file import settings

ADMIN_EMAIL = "user00010@example.test"
_TIMEOUT_SECONDS = 10.0
_OFF_TIMEOUT_SECONDS = 90.0


@dataclass(frozen=True)
class Flag:
    """Switches a feature flag, ``at_seconds`` after the phase began."""

    id: str
    strength: float = 1.0
    at_seconds: float = 0.0
    phase: str = "steady"

    def begin(self, target_url: str) -> Callable[[], None]:
        """Switch it on; return what switches all off. Raise CommandError when the API does not do it."""
        switch = _switch_of(target_url)
        switch.on(self.id, self.strength)
        return switch.all_off


@lru_cache
def _switch_of(api_url: str) -> FlagSwitch:
    """Return one for all flags: with a tight rate limit there is no second login to be had."""
    return FlagSwitch(api_url, settings()["API_TEST_USER_PASSWORD"])


class FlagSwitch:
    """Both methods raise CommandError when the API does not do it."""

    def __init__(self, api_url: str, password: str) -> None:
        self._url = api_url
        self._password = password
        self._token = ""
        self._is_on: set[str] = set()

    def on(self, flag: str, strength: float) -> None:
        """Switch a flag on, with a strength from 0 to 1."""
        self._is_on.add(flag)
        self._put(flag, enabled=True, strength=strength)

    def all_off(self) -> None:
        """Switch off what was switched on; wait for an API that suffers from it."""
        deadline = time.monotonic() + _OFF_TIMEOUT_SECONDS
        while self._is_on:
            flag = next(iter(self._is_on))
            try:
                self._put(flag, enabled=False, strength=1.0)
                self._is_on.remove(flag)
            except CommandError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1.0)

    def _put(self, flag: str, *, enabled: bool, strength: float) -> None:
        try:
            response = self._request(flag, enabled=enabled, strength=strength)
            if response.status_code == requests.codes.unauthorized:  # the token's time is over
                self._token = ""
                response = self._request(flag, enabled=enabled, strength=strength)
            response.raise_for_status()
        except requests.HTTPError as error:
            raise CommandError(
                f"The flag {flag} of {self._url} cannot be switched (status {error.response.status_code})"
            ) from error
        except requests.RequestException as error:
            raise CommandError(f"The flag {flag} of {self._url} cannot be switched ({in_words(error)})") from error

    def _request(self, flag: str, *, enabled: bool, strength: float) -> requests.Response:
        # One login for all: with tight-rate-limit on there is no second one to be had.
        self._token = self._token or self._log_in()
        headers = {"Authorization": f"Bearer {self._token}"}
        url = f"{self._url}/api/admin/feature-flags/{flag}"
        body = {"enabled": enabled, "strength": strength}
        return direct_session().put(url, json=body, headers=headers, timeout=_TIMEOUT_SECONDS)

    def _log_in(self) -> str:
        body = {"email": ADMIN_EMAIL, "password": self._password}
        response = direct_session().post(f"{self._url}/api/auth/login", json=body, timeout=_TIMEOUT_SECONDS)
        response.raise_for_status()
        return str(response.json()["access_token"])
