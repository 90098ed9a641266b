"""Checks of an API that runs already: whether it answers, and lets the test users in."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.errors import CommandError
from scripts.reference_api import NotTheReferenceApiError, ReferenceApi, password_of_test_users
from scripts.running.preflight import require_target
from scripts.setup_checks.finding import Finding, fail, ok, warn

#: One of each role, and the last one that the virtual users may take.
_ROLES = {1: "regular", 8: "power", 10: "admin"}


def check_target(url: str, test_users: int) -> Iterator[Finding]:
    """Reachable at all, and with the accounts of the reference API, when it is that."""
    try:
        require_target(url)
    except CommandError as error:
        yield fail("API", str(error), "start it, for example with `make up`")
        return
    yield ok("API", f"answers at {url}")
    yield _check_test_users(url, test_users)


def _check_test_users(url: str, test_users: int) -> Finding:
    numbers = sorted({*_ROLES, test_users})
    try:
        password = password_of_test_users()
        for number in numbers:
            ReferenceApi(url).log_in(f"user{number:05d}@example.test", password)
    except NotTheReferenceApiError as error:
        return warn("test users", str(error), "nothing for an API of your own: its users are your locustfile's matter")
    except CommandError as error:
        return fail("test users", str(error), "seed them: scripts/seed_data.py --users N, with the API's .env")
    return ok("test users", f"{', '.join(f'user{number:05d}' for number in numbers)} can log in")
