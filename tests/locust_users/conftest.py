"""Makes the packages of locust/ importable, as Locust does for a locustfile, and starts what the real tests need.

Nothing here imports Locust into the test process: that would patch the standard library for all other tests as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "locust"))

from swarmscope.stack.options import RunningStack, StackOptions  # noqa: E402
from swarmscope.stack.stack import EmbeddedStack  # noqa: E402
from tests.locust_users.running import PASSWORD, Api, LocustRuns, UserClass, describe_users  # noqa: E402

#: Tokens are renewed within the few seconds of a test; limits are out of the way of users who hardly pause.
API_SETTINGS = {
    "API_TEST_USER_PASSWORD": PASSWORD,
    "API_TEST_USERS": "100",
    "API_ACCESS_TOKEN_SECONDS": "7",
    "API_LOGIN_RATE_PER_MINUTE": "100000",
    "API_REGISTER_RATE_PER_MINUTE": "100000",
    "API_CHAT_RATE_PER_MINUTE": "100000",
}


@pytest.fixture(scope="package")
def user_classes() -> dict[str, UserClass]:
    """Return the user classes of the locustfile by name, as a Locust process sees them."""
    return describe_users()


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """PostgreSQL, Redis and the reference API, of their own for these tests."""
    state_dir = tmp_path_factory.mktemp("stack")
    options = StackOptions(
        with_prometheus=False, state_dir=state_dir, env_file=state_dir / "env", api_settings=API_SETTINGS
    )
    with EmbeddedStack(options) as running:
        yield running


@pytest.fixture(scope="package")
def api(stack: RunningStack) -> Api:
    assert stack.api_url is not None
    return Api(stack.api_url)


@pytest.fixture(scope="package")
def locust_runs(tmp_path_factory: pytest.TempPathFactory) -> LocustRuns:
    return LocustRuns(tmp_path_factory.mktemp("locust"))
