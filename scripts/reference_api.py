"""The reference API over HTTP, as the commands see it that work on it alone: warm_cache and validate_setup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from swarmscope.doctor.findings import Finding, fail, ok, warn
from swarmscope.errors import CommandError
from swarmscope.network import in_words
from swarmscope.project.env_file import settings

_DEFAULT_TEST_USERS = 1000
#: One of each role; the last one that the virtual users may take comes on top.
_ROLES = {1: "regular", 8: "power", 10: "admin"}
FIRST_TEST_USER = "user00001@example.test"
_TIMEOUT_SECONDS = (3.0, 30.0)


class RefusedError(CommandError):
    """The API does not let a test user in."""


class NotTheReferenceApiError(CommandError):
    """What answers has other paths, or no JSON."""


class ReferenceApi:
    """The few calls that are needed. All methods raise CommandError, RefusedError and NotTheReferenceApiError of it."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine must not come between

    def log_in(self, email: str, password: str) -> None:
        """Ask as this user from now on."""
        body = self._call("POST", "/api/auth/login", {"email": email, "password": password})
        self._session.headers["Authorization"] = f"Bearer {body['access_token']}"

    def get(self, path: str) -> Any:
        """Return the JSON at a path."""
        return self._call("GET", path)

    def cache_counts(self) -> tuple[int, int]:
        """Hits, and all reads, since the API's start."""
        stats = self.get("/api/cache/stats")
        return int(stats["hits"]), int(stats["hits"]) + int(stats["misses"])

    def _call(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        try:
            response = self._session.request(method, f"{self.url}{path}", json=body, timeout=_TIMEOUT_SECONDS)
        except requests.RequestException as error:
            raise CommandError(
                f"The API at {self.url} does not answer ({in_words(error)}): start it with `make up`, or name another"
                " with --host"
            ) from error
        if response.status_code == requests.codes.unauthorized:
            raise RefusedError(
                f"The API at {self.url} refuses {body['email'] if body else 'the test user'} (401): it was seeded with"
                " another API_TEST_USER_PASSWORD, or has no such user"
            )
        if response.status_code in {requests.codes.not_found, requests.codes.method_not_allowed}:
            raise NotTheReferenceApiError(f"{self.url} has no {method} {path}: it is not the reference API")
        if not response.ok:
            raise CommandError(f"{method} {path} of {self.url} answered status {response.status_code}: expected 200")
        try:
            return response.json()
        except ValueError as error:
            raise NotTheReferenceApiError(f"{method} {path} of {self.url} answered no JSON") from error


def password_of_test_users() -> str:
    """As the virtual users have it; raise CommandError when it is not set."""
    known = settings()
    password = known.get("LOADTEST_USER_PASSWORD") or known.get("API_TEST_USER_PASSWORD")
    if not password:
        raise CommandError("No password for the test users: set API_TEST_USER_PASSWORD, or make .env with `make env`")
    return password


def check_test_users(url: str, known: Mapping[str, str]) -> Finding:
    """Return whether one user of each role, and the last one, can log in.

    ``known`` are the settings. Raise CommandError.
    """
    numbers = sorted({*_ROLES, _number_of_test_users(known)})
    try:
        password = password_of_test_users()
        for number in numbers:
            ReferenceApi(url).log_in(f"user{number:05d}@example.test", password)
    except NotTheReferenceApiError as error:
        return warn("test users", str(error), "nothing for an API of your own: its users are your locustfile's matter")
    except CommandError as error:
        return fail("test users", str(error), "seed them: scripts/seed_data.py --users N, with the API's .env")
    return ok("test users", f"{', '.join(f'user{number:05d}' for number in numbers)} can log in")


def _number_of_test_users(known: Mapping[str, str]) -> int:
    text = known.get("LOADTEST_TEST_USERS") or known.get("API_TEST_USERS")
    if not text:
        return _DEFAULT_TEST_USERS
    if not text.isdecimal() or not int(text):
        raise CommandError(f"API_TEST_USERS={text} is not a number of test users: expected 10 or more")
    return int(text)
