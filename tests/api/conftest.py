"""Real PostgreSQL, Redis and API processes, shared by the API's tests."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from swarmscope.processes.probes import postmaster_ready
from swarmscope.stack.postgres_place import find_place
from swarmscope.stack.postgres_server import Postgres
from tests.api.harness import PASSWORD, SECRET, ApiProcess, Headers, Proxy, RedisProcess, StartApi, free_port, token


@pytest.fixture(scope="package")
def postgres_url() -> Iterator[str]:
    """Yield a real PostgreSQL on a loopback port."""
    # Not pytest's folder: the server may run as another user, who must be able to enter.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    folder.chmod(0o755)
    (folder / "state").mkdir()
    server = Postgres(find_place(folder / "state"), PASSWORD, print)
    server.prepare()
    port = free_port()
    process = server.process(port, folder / "postgres.log")
    process.start()
    process.wait_ready(postmaster_ready(server.data_dir), 30)
    yield server.url(port)
    process.stop()
    shutil.rmtree(server.place.home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """Yield a real Redis, left alone by the tests that stop one."""
    server = RedisProcess(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


@pytest.fixture(scope="package")
def environment(postgres_url: str, redis: RedisProcess) -> dict[str, str]:
    """Return the settings for an API on the shared PostgreSQL and Redis."""
    return {
        "API_DATABASE_URL": postgres_url,
        "API_REDIS_URL": redis.url,
        "API_JWT_SECRET": SECRET,
        "API_TEST_USER_PASSWORD": PASSWORD,
        "API_TEST_USERS": "60",
    }


@pytest.fixture(scope="package")
def api(environment: dict[str, str]) -> Iterator[ApiProcess]:
    """Yield the API that most tests share; a test that switches a flag switches it off again."""
    process = ApiProcess(environment)
    yield process
    assert process.stop() == 0, process.output
    assert "Traceback" not in process.output


@pytest.fixture
def start_api(environment: dict[str, str]) -> Iterator[StartApi]:
    """Start further APIs, with settings of their own on top of the shared ones."""
    start = StartApi(environment)
    yield start
    start.kill_all()


@pytest.fixture(scope="package")
def client(api: ApiProcess) -> Iterator[httpx.Client]:
    """HTTP to the shared API."""
    with api.client() as http:
        yield http


@pytest.fixture(scope="package")
def regular(client: httpx.Client) -> Headers:
    """Return the authorization of a regular test user."""
    return {"Authorization": f"Bearer {token(client, 1)}"}


@pytest.fixture(scope="package")
def admin(client: httpx.Client) -> Headers:
    """Return the authorization of an administrator."""
    return {"Authorization": f"Bearer {token(client, 10)}"}


@pytest.fixture
def postgres_proxy(postgres_url: str) -> Iterator[Proxy]:
    """Yield a way to PostgreSQL that can be cut."""
    port = urlsplit(postgres_url).port
    proxy = Proxy(lambda: socket.create_connection(("127.0.0.1", port)))
    yield proxy
    proxy.down()


@pytest.fixture
def redis_proxy(redis: RedisProcess) -> Iterator[Proxy]:
    """Yield a way to Redis that can be cut."""
    proxy = Proxy(lambda: socket.create_connection(("127.0.0.1", redis.port)))
    yield proxy
    proxy.down()
