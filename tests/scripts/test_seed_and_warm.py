"""seed_data and warm_cache on the reference API."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.reference_api import FIRST_TEST_USER, ReferenceApi, password_of_test_users
from scripts.seed_data import app as seed_data
from scripts.warm_cache import app as warm_cache
from swarmscope.stack.options import StackOptions
from swarmscope.stack.running_stack import addresses_of_running
from swarmscope.stack.stack import EmbeddedStack
from tests.cli.command import call
from tests.scripts.login_api import api


@pytest.mark.real
def test_the_running_stack_is_seeded_and_its_cache_warmed(tmp_path: Path) -> None:
    state = ("--state-dir", str(tmp_path / "state"))
    assert addresses_of_running(tmp_path / "state") is None
    with EmbeddedStack(StackOptions(with_prometheus=False, state_dir=tmp_path / "state")) as stack:
        found = addresses_of_running(tmp_path / "state")
        assert found is not None
        assert (found.api_url, found.database_url, found.redis_url) == (
            stack.api_url,
            stack.database_url,
            stack.redis_url,
        )
        assert call(seed_data, "--leads", "7", "--projects", "5", "--clear-first", *state).exit_code == 0
        reference = ReferenceApi(found.api_url)
        reference.log_in(FIRST_TEST_USER, password_of_test_users())
        assert reference.get("/api/leads?limit=1")["total"] == 7
        assert reference.get("/api/projects?limit=1")["total"] == 5
        warmed = call(warm_cache, *state)
        assert (warmed.exit_code, warmed.error) == (0, "")
        assert warmed.words.endswith(f"{found.api_url}: 100% of the last round came from the cache")
        refused = call(warm_cache, "--user", "nobody@example.test", *state)
        assert (refused.exit_code, refused.error_line) == (
            2,
            (
                f"The API at {found.api_url} refuses nobody@example.test (401): it was seeded with another"
                " API_TEST_USER_PASSWORD, or has no such user"
            ),
        )
    assert addresses_of_running(tmp_path / "state") is None


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--leads", "-1"), "Invalid --leads -1: expected a number from 0 to 1000000"),
        (("--users", "1000001"), "Invalid --users 1000001: expected a number from 0 to 1000000"),
        (("--customers", "0"), "--projects 75 needs customers to belong to: give --customers 1 or more"),
    ],
)
def test_amounts_that_make_no_sense_are_one_line(arguments: tuple[str, ...], line: str) -> None:
    ended = call(seed_data, *arguments)
    assert (ended.exit_code, ended.error_line) == (2, line)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--hit-rate", "100"), "Invalid --hit-rate 100: expected a percentage from 1 to 99"),
        (("--timeout", "0"), "Invalid --timeout 0: expected a number over 0"),
        (
            ("--host", "http://127.0.0.1:9"),
            (
                "The API at http://127.0.0.1:9 does not answer (connection refused): start it with `make up`, or name"
                " another with --host"
            ),
        ),
    ],
)
def test_a_cache_that_cannot_be_warmed_is_one_line(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], line: str
) -> None:
    monkeypatch.setenv("LOADTEST_USER_PASSWORD", "x")
    ended = call(warm_cache, *arguments)
    assert (ended.exit_code, ended.error_line) == (2, line)


def test_another_api_than_the_reference_one_is_said_to_be_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOADTEST_USER_PASSWORD", "open sesame")
    with api(login=404) as url:
        ended = call(warm_cache, "--host", url)
    assert (ended.exit_code, ended.error_line) == (
        2,
        f"{url} has no POST /api/auth/login: it is not the reference API",
    )


def test_a_cache_that_stays_cold_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = iter(range(0, 10_000, 10))
    monkeypatch.setenv("LOADTEST_USER_PASSWORD", "x")
    monkeypatch.setattr(ReferenceApi, "log_in", lambda *_: None)
    monkeypatch.setattr(ReferenceApi, "get", lambda *_: {})
    monkeypatch.setattr(ReferenceApi, "cache_counts", lambda _: (0, next(reads)))
    ended = call(warm_cache, "--host", "http://127.0.0.1:9", "--timeout", "0.001")
    assert ended.exit_code == 2
    assert ended.error_line == (
        "The cache of http://127.0.0.1:9 reached 0% hits in 0.001 s, and not 80%: is the fault cold-cache on, or are"
        " lifetimes shorter than a round?"
    )
