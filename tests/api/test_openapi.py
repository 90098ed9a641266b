"""The OpenAPI description: complete, and true for whatever schemathesis thinks of."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import negative_data_rejection

from tests.api.harness import ApiProcess, Headers, StartApi, token

pytestmark = pytest.mark.real

FLAG = "/api/admin/feature-flags/{flag_id}"
OPERATIONS = 33
LIMITS = ("LOGIN", "REGISTER", "CHAT")


@pytest.fixture(scope="module")
def fuzzed(environment: dict[str, str]) -> Iterator[ApiProcess]:
    """Yield an API whose rate limits a fuzzer does not reach."""
    start = StartApi(environment)
    yield start(**{f"API_{name}_RATE_PER_MINUTE": "1000000" for name in LIMITS})
    start.kill_all()


@pytest.fixture(scope="module")
def fuzzed_admin(fuzzed: ApiProcess) -> Headers:
    with fuzzed.client() as http:
        return {"Authorization": f"Bearer {token(http, 10)}"}


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_no_request_finds_an_error_or_an_undocumented_answer(
    fuzzed: ApiProcess, fuzzed_admin: Headers, mode: schemathesis.GenerationMode
) -> None:
    # Not the flags: a fuzzer that switches on the error rate finds the errors it asked for.
    schema = schemathesis.openapi.from_url(f"{fuzzed.url}/openapi.json").exclude(path=FLAG, method="PUT")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == OPERATIONS - 1

    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def request(case: schemathesis.Case[Any]) -> None:
            # Unknown query parameters are ignored, as nearly everywhere: not every bad request is refused.
            case.call_and_validate(headers=fuzzed_admin, excluded_checks=[negative_data_rejection])

        try:
            request()
        except Unsatisfiable:  # an operation without parameters has no bad ones
            assert mode is schemathesis.GenerationMode.NEGATIVE
    assert "Traceback" not in fuzzed.output


def test_every_route_has_a_summary_a_success_and_its_errors(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    operations = {(method, path): about for path, methods in paths.items() for method, about in methods.items()}
    assert len(operations) == OPERATIONS
    for (method, path), about in operations.items():
        statuses = set(about["responses"])
        assert about["description"], (method, path)
        assert statuses & {"200", "201", "204"}, (method, path)
        secured = "security" in about
        assert secured == ("401" in statuses and not re.match("/api/auth/(login|refresh)", path)), (method, path)
        assert ("403" in statuses) == path.startswith("/api/admin/"), (method, path)
        assert ("413" in statuses) == ("requestBody" in about), (method, path)


def test_requests_without_a_token_are_401_wherever_one_is_needed(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    secured = [(method, path) for path, methods in paths.items() for method in methods if "security" in methods[method]]
    for method, path in secured:
        body: object = None if method in ("get", "delete") else {}
        answer = client.request(method, re.sub(r"\{\w+\}", "1", path), json=body)
        assert answer.status_code == 401, (method, path)


def test_a_wrong_method_is_405_and_allow_names_all_the_right_ones(client: httpx.Client) -> None:
    answer = client.patch("/api/leads/1")
    assert (answer.status_code, answer.headers["allow"]) == (405, "DELETE, GET, PUT")
    assert client.post("/openapi.json").status_code == 405
