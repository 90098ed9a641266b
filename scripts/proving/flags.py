"""Switches the feature flags of the reference API, as its administrator."""

from __future__ import annotations

import contextlib

import requests

from scripts.connections import in_words
from scripts.errors import CommandError

ADMIN_EMAIL = "user00010@example.test"
_TIMEOUT_SECONDS = 10.0


class FlagSwitch:
    """All methods but `all_off` raise CommandError when the API does not do it."""

    def __init__(self, api_url: str, password: str) -> None:
        self._url = api_url
        self._password = password
        self._is_on: set[str] = set()

    def on(self, flag: str, strength: float) -> None:
        """Switches a flag on, with a strength from 0 to 1."""
        self._is_on.add(flag)
        self._put(flag, enabled=True, strength=strength)

    def all_off(self) -> None:
        """Switches off what was switched on; an API that has gone has forgotten it."""
        while self._is_on:
            with contextlib.suppress(CommandError):
                self._put(self._is_on.pop(), enabled=False, strength=1.0)

    def _put(self, flag: str, *, enabled: bool, strength: float) -> None:
        body = {"enabled": enabled, "strength": strength}
        try:
            login = {"email": ADMIN_EMAIL, "password": self._password}
            answer = requests.post(f"{self._url}/api/auth/login", json=login, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            url = f"{self._url}/api/admin/feature-flags/{flag}"
            requests.put(url, json=body, headers=headers, timeout=_TIMEOUT_SECONDS).raise_for_status()
        except requests.RequestException as error:
            raise CommandError(f"The flag {flag} of {self._url} cannot be switched ({in_words(error)})") from error
