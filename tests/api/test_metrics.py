"""The API's own books: every request counted once, under its template."""

import re
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from api.metrics import Metrics
from tests.api.harness import ApiProcess, Headers, StartApi, samples, token, wait_until

REQUESTS = "http_requests_total"


def key(method: str, route: str, status: int) -> str:
    return f'method="{method}",route="{route}",status="{status}"'


def growth(client: httpx.Client, before: dict[str, float]) -> dict[str, float]:
    after = samples(client, REQUESTS)
    return {label: value - before.get(label, 0) for label, value in after.items() if value != before.get(label, 0)}


def test_an_unknown_method_is_counted_as_other() -> None:
    metrics = Metrics()
    metrics.count_request("BREW", "/x", 418, 0.001)
    assert b'http_requests_total{method="OTHER",route="/x",status="418"} 1.0' in metrics.render()


def test_durations_fall_into_their_buckets() -> None:
    metrics = Metrics()
    for seconds in (0.004, 0.2, 0.21):
        metrics.count_request("GET", "/x", 200, seconds)
    text = metrics.render().decode()
    buckets = dict(
        re.findall(r'http_request_duration_seconds_bucket\{le="(\S+)",method="GET",route="/x"\} (\S+)', text)
    )
    assert {edge: buckets[edge] for edge in ("0.005", "0.1", "0.2", "0.3", "+Inf")} == {
        "0.005": "1.0", "0.1": "1.0", "0.2": "2.0", "0.3": "3.0", "+Inf": "3.0",
    }  # fmt: skip


@pytest.mark.real
def test_each_request_is_counted_once_by_template_and_status(client: httpx.Client, regular: Headers) -> None:
    before = samples(client, REQUESTS)
    for lead_id in (1, 2, 3):
        client.get(f"/api/leads/{lead_id}", headers=regular)
    client.get("/api/leads/999999999", headers=regular)
    client.get("/api/leads/1")
    client.get("/api/leads/nonsense", headers=regular)
    client.patch("/api/leads/1", headers=regular)
    client.get("/no/such/path")
    client.get("/openapi.json")
    client.get("/health")
    client.post("/api/chat", headers=regular, json={})
    route = "/api/leads/{lead_id}"
    assert growth(client, before) == {
        key("GET", route, 200): 3,
        key("GET", route, 404): 1,
        key("GET", route, 401): 1,
        key("GET", route, 422): 1,
        key("PATCH", route, 405): 1,
        key("GET", "(unmatched)", 404): 1,
        key("GET", "/openapi.json", 200): 1,
        key("GET", "/health", 200): 1,
        key("POST", "/api/chat", 422): 1,
    }


@pytest.mark.real
def test_reading_the_metrics_and_the_supervisors_probe_are_not_counted(client: httpx.Client) -> None:
    before = samples(client, REQUESTS)
    client.get("/metrics")
    assert client.get("/health/live").json() == {"status": "ok"}
    assert growth(client, before) == {}


@pytest.mark.real
def test_an_oversized_body_is_counted_under_its_route(client: httpx.Client, regular: Headers) -> None:
    before = samples(client, REQUESTS)
    headers = {**regular, "Content-Type": "application/json"}
    assert client.post("/api/chat", headers=headers, content=b" " * 2_097_153).status_code == 413
    assert growth(client, before) == {key("POST", "/api/chat", 413): 1}


@pytest.mark.real
def test_requests_of_clients_that_go_away_are_counted(client: httpx.Client, api: ApiProcess, regular: Headers) -> None:
    before = samples(client, REQUESTS)
    address = urlsplit(api.url)
    request = (
        f"GET /api/analytics/revenue?days=77 HTTP/1.1\r\nHost: x\r\nAuthorization: {regular['Authorization']}\r\n\r\n"
    )
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.sendall(request.encode())
    label = key("GET", "/api/analytics/revenue", 200)
    wait_until(lambda: growth(client, before) == {label: 20} or growth(client, before), "20 requests counted")


@pytest.mark.real
def test_a_request_whose_body_never_comes_is_counted_when_the_client_goes(
    client: httpx.Client, api: ApiProcess
) -> None:
    before = samples(client, REQUESTS)
    address = urlsplit(api.url)
    head = "POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode())
    label = key("POST", "/api/chat", 400)
    wait_until(lambda: growth(client, before) == {label: 1} or growth(client, before), "the request counted")


@pytest.mark.real
def test_expected_series_exist_at_zero_before_any_request(start_api: StartApi) -> None:
    with start_api().client() as http:
        assert sum(samples(http, REQUESTS).values()) == 0
        assert samples(http, REQUESTS)[key("POST", "/api/chat", 200)] == 0
        assert samples(http, REQUESTS)[key("DELETE", "/api/leads/{lead_id}", 204)] == 0
        assert set(samples(http, "api_auth_failures_total").values()) == {0.0}
        assert len(samples(http, "api_cache_operations_total")) == 12
        assert samples(http, "api_websocket_connections") == {"": 0.0}
        assert set(samples(http, "api_feature_flag_strength").values()) == {0.0}
        assert samples(http, "api_db_pool_max_connections") == {"": 16.0}
        pool = samples(http, "api_db_pool_connections")
        assert pool['state="in_use"'] == 0
        assert pool['state="idle"'] >= 1
        assert samples(http, "process_resident_memory_bytes")[""] > 10_000_000
        token(http, 1)
        assert samples(http, REQUESTS)[key("POST", "/api/auth/login", 200)] == 1
