"""Starting: settings, waiting for the parts, the schema and the test data."""

import asyncio
import os
import subprocess
import sys
from typing import Any

import asyncpg
import pytest

from tests.api.harness import PASSWORD, ApiProcess, Proxy, StartApi, free_port, through, wait_until

pytestmark = pytest.mark.real

TABLES = ("users", "documents", "document_chunks", "customers", "leads", "projects", "invoices")


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    async def run() -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(url)
        try:
            return [tuple(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(run())


def counts(url: str) -> dict[str, int]:
    return {table: query(url, f"SELECT count(*) FROM {table}")[0][0] for table in TABLES}


@pytest.fixture
def empty_database(postgres_url: str) -> str:
    """Return a database of its own."""
    name = f"test_{free_port()}"
    query(postgres_url, f"CREATE DATABASE {name}")
    return postgres_url.rpartition("/")[0] + f"/{name}"


def ended(api: ApiProcess) -> tuple[int, str]:
    code = api.wait()
    return code, api.output.splitlines()[-1]


def test_missing_and_wrong_settings_are_one_line_that_names_them_all(start_api: StartApi) -> None:
    start_api.environment = {"API_JWT_SECRET": "too short", "API_DB_POOL_MAX": "many", "API_REDIS_URL": "redis://x"}
    api = start_api()
    assert api.wait() == 2
    assert api.output == (
        "api: settings: API_DATABASE_URL is missing; "
        "API_JWT_SECRET: value should have at least 32 items after validation, not 9; "
        "API_TEST_USER_PASSWORD is missing; "
        "API_DB_POOL_MAX: input should be a valid integer, unable to parse string as an integer. "
        "Set them in the environment or in .env, then start again."
    )
    assert "too short" not in api.output


NO_DATABASE = (
    "api: database at 127.0.0.1:1/shop did not answer within 0.1 s "
    "([Errno 111] Connection refused). Start it, or check API_DATABASE_URL."
)
NO_DATABASE_URL = (
    "api: database at the given address refused: "
    'invalid DSN: scheme is expected to be either "postgresql" or "postgres", got \'\'. '
    "Check API_DATABASE_URL."
)
NO_REDIS = (
    "api: redis at 127.0.0.1:1/0 did not answer within 0.1 s "
    "(Error 111 connecting to 127.0.0.1:1. Connection refused.). Start it, or check API_REDIS_URL."
)
NO_REDIS_URL = (
    "api: redis at 127.0.0.1/ refused: Redis URL must specify one of the following schemes "
    "(redis://, rediss://, unix://). Check API_REDIS_URL."
)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"API_DATABASE_URL": "postgresql://someone:a-password@127.0.0.1:1/shop"}, NO_DATABASE),
        ({"API_DATABASE_URL": "a-password"}, NO_DATABASE_URL),
        ({"API_REDIS_URL": "redis://:a-password@127.0.0.1:1/0"}, NO_REDIS),
        ({"API_REDIS_URL": "http://127.0.0.1/"}, NO_REDIS_URL),
    ],
    ids=["database-down", "database-url", "redis-down", "redis-url"],
)
def test_a_part_that_cannot_be_reached_is_one_line_and_exit_code_2(
    start_api: StartApi, settings: dict[str, str], message: str
) -> None:
    api = start_api(API_STARTUP_TIMEOUT_SECONDS="0.1", **settings)
    assert ended(api) == (2, message)
    assert "Traceback" not in api.output
    assert "a-password" not in api.output


def test_a_database_that_does_not_exist_is_refused_at_once(start_api: StartApi, postgres_url: str) -> None:
    api = start_api(API_DATABASE_URL=postgres_url.rpartition("/")[0] + "/nowhere")
    code, line = ended(api)
    assert code == 2
    assert line.endswith('/nowhere refused: database "nowhere" does not exist. Check API_DATABASE_URL.')


def test_a_port_in_use_is_one_line_and_exit_code_2(start_api: StartApi, api: ApiProcess) -> None:
    port = api.url.rpartition(":")[2]
    assert ended(start_api(API_PORT=port)) == (
        2,
        f"api: cannot listen on 127.0.0.1:{port}: [Errno 98] Address already in use. Set API_HOST or API_PORT.",
    )


def test_it_waits_for_a_database_that_comes_up_later(
    start_api: StartApi, postgres_proxy: Proxy, postgres_url: str
) -> None:
    postgres_proxy.down()
    api = start_api(API_DATABASE_URL=through(postgres_proxy, postgres_url))
    wait_until(lambda: f"waiting for database at 127.0.0.1:{postgres_proxy.port}" in api.output, "it says it waits")
    postgres_proxy.up()
    with api.client() as http:
        assert http.get("/health/detailed").status_code == 200


def test_two_processes_may_start_at_once_on_an_empty_database(start_api: StartApi, empty_database: str) -> None:
    settings = {"API_DATABASE_URL": empty_database, "API_TEST_USERS": "1000"}
    both = [start_api(**settings), start_api(**settings)]
    for process in both:
        with process.client() as http:
            assert http.get("/health/detailed").status_code == 200
    expected = counts(empty_database)
    assert {table: expected[table] for table in ("users", "documents", "customers", "leads", "projects")} == {
        "users": 1000, "documents": 280, "customers": 50, "leads": 100, "projects": 75,
    }  # fmt: skip
    assert expected["invoices"] == 450
    roles = query(empty_database, "SELECT role, count(*) FROM users GROUP BY role ORDER BY role")
    assert roles == [("admin", 100), ("power", 200), ("regular", 700)]


def test_a_restart_changes_nothing_and_a_new_password_reaches_all_test_users(
    start_api: StartApi, empty_database: str
) -> None:
    settings = {"API_DATABASE_URL": empty_database, "API_TEST_USERS": "20", "API_SEED_DOCUMENTS": "5"}
    state = "SELECT xmin::text, id, email FROM users ORDER BY id"
    start_api(**settings).url  # noqa: B018 - waits until it serves
    before = query(empty_database, state)
    start_api(**settings).url  # noqa: B018
    assert query(empty_database, state) == before
    with start_api(**settings, API_TEST_USER_PASSWORD="another password").client() as http:
        for number, status in ((1, 401), (20, 401)):
            credentials = {"email": f"user{number:05}@example.test", "password": PASSWORD}
            assert http.post("/api/auth/login", json=credentials).status_code == status
        assert len({row[0] for row in query(empty_database, state)} & {row[0] for row in before}) == 0


def seed(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.seed", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_seeding_by_hand_adds_what_is_missing_and_clears_when_told(
    environment: dict[str, str], empty_database: str
) -> None:
    own = {**environment, "API_DATABASE_URL": empty_database}
    arguments = ("--leads", "30", "--customers", "10", "--projects", "15")
    first = seed(own, *arguments)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.splitlines()[0] == "seeded: leads 30, customers 10, projects 15"
    assert seed(own, *arguments).returncode == 0
    expected = {"customers": 10, "leads": 30, "projects": 15, "invoices": 90}
    assert {table: counts(empty_database)[table] for table in expected} == expected

    more = ("--leads", "40", "--customers", "10", "--projects", "15", "--documents", "7", "--users", "11")
    assert seed(own, *more).returncode == 0
    expected |= {"leads": 40, "documents": 7, "users": 11}
    assert {table: counts(empty_database)[table] for table in expected} == expected

    cleared = seed(own, "--leads", "3", "--customers", "2", "--projects", "1", "--clear-first")
    assert cleared.returncode == 0
    expected |= {"customers": 2, "leads": 3, "projects": 1, "invoices": 6}
    assert {table: counts(empty_database)[table] for table in expected} == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--leads", "many"), "argument --leads: 'many' is not a number from 0 to 1000000"),
        (("--leads", "-1"), "argument --leads: '-1' is not a number from 0 to 1000000"),
        (("--customers", "0"), "--projects needs customers to belong to: give --customers 1 or more"),
    ],
)
def test_bad_arguments_of_seeding_are_one_line_and_exit_code_2(
    environment: dict[str, str], arguments: tuple[str, ...], message: str
) -> None:
    done = seed(environment, *arguments)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (2, f"python -m api.seed: error: {message}")
