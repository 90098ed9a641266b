"""Health, and what happens while the database or the cache is away."""

import uuid
from pathlib import Path

import httpx
import pytest

from tests.api.harness import ApiProcess, Headers, Proxy, RedisProcess, StartApi, through, token, wait_until

pytestmark = pytest.mark.real

DATABASE_AWAY = {"detail": "the database is unavailable, try again shortly"}
CACHE_AWAY = {"detail": "the cache is unavailable, try again shortly"}
LEAD = {"name": "Ada", "email": "ada@example.test", "company": "Example"}


def behind(start_api: StartApi, **urls: str) -> ApiProcess:
    """Return an API that reaches its parts over proxies, and gives up waiting after 0.3 s."""
    return start_api(API_DATABASE_TIMEOUT_SECONDS="0.3", API_REDIS_TIMEOUT_SECONDS="0.3", **urls)


def components(http: httpx.Client) -> tuple[int, str, str]:
    answer = http.get("/health/detailed")
    parts = answer.json()["components"]
    return answer.status_code, parts["database"]["status"], parts["cache"]["status"]


def headers_of(http: httpx.Client, number: int) -> Headers:
    return {"Authorization": f"Bearer {token(http, number)}"}


def expect_503(answer: httpx.Response, body: dict[str, str]) -> None:
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, body, "1")


def test_health_says_ok_and_the_details_say_how_fast(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert components(client) == (200, "ok", "ok")
    body = client.get("/health/detailed").json()
    assert body["status"] == "ok"
    assert all(0 < part["latency_ms"] < 2000 for part in body["components"].values())


def test_without_the_database_what_needs_it_is_503_and_the_rest_goes_on(
    start_api: StartApi, postgres_proxy: Proxy, postgres_url: str
) -> None:
    api = behind(start_api, API_DATABASE_URL=through(postgres_proxy, postgres_url))
    with api.client() as http:
        headers = headers_of(http, 1)
        question = {"message": f"asthma {uuid.uuid4().hex}"}
        assert http.post("/api/chat", headers=headers, json=question).status_code == 200
        login = {"email": "user00002@example.test", "password": "x"}

        for trouble in (postgres_proxy.down, postgres_proxy.hang):
            trouble()
            expect_503(http.get("/api/leads/1", headers=headers), DATABASE_AWAY)
            expect_503(http.post("/api/leads", headers=headers, json=LEAD), DATABASE_AWAY)
            expect_503(http.post("/api/chat", headers=headers, json={"message": uuid.uuid4().hex}), DATABASE_AWAY)
            expect_503(http.post("/api/auth/login", json=login), DATABASE_AWAY)
            assert components(http) == (503, "unavailable", "ok")
            assert http.get("/health").status_code == 200
            assert http.post("/api/chat", headers=headers, json=question).json()["cached"] is True

            postgres_proxy.up()
            wait_until(lambda: components(http) == (200, "ok", "ok") or components(http), "the database is back")
            wait_until(lambda: http.get("/api/leads/1", headers=headers).status_code == 200, "leads are back")
        assert api.stop() == 0
    assert "Traceback" not in api.output


def test_without_the_cache_what_needs_it_is_503_and_the_rest_goes_on(start_api: StartApi, redis_proxy: Proxy) -> None:
    api = behind(start_api, API_REDIS_URL=f"redis://127.0.0.1:{redis_proxy.port}/0")
    with api.client() as http:
        headers = headers_of(http, 1)

        for trouble in (redis_proxy.down, redis_proxy.hang):
            trouble()
            expect_503(http.get("/api/dashboard", headers=headers), CACHE_AWAY)
            expect_503(http.get("/api/leads", headers=headers), CACHE_AWAY)
            expect_503(http.post("/api/chat", headers=headers, json={"message": "asthma"}), CACHE_AWAY)
            expect_503(http.get("/api/cache/health", headers=headers), CACHE_AWAY)
            assert components(http) == (503, "ok", "unavailable")
            created = http.post("/api/leads", headers=headers, json=LEAD)
            assert created.status_code == 201  # a write does not wait for the lists to become stale
            assert http.get(f"/api/leads/{created.json()['id']}", headers=headers).status_code == 200

            redis_proxy.up()
            wait_until(lambda: components(http) == (200, "ok", "ok") or components(http), "the cache is back")
            assert http.get("/api/leads", headers=headers).json()["items"][0]["id"] == created.json()["id"]
        assert api.stop() == 0
    assert "Traceback" not in api.output


def test_a_restarted_empty_redis_is_used_again(start_api: StartApi, tmp_path: Path) -> None:
    redis = RedisProcess(tmp_path)
    try:
        with behind(start_api, API_REDIS_URL=redis.url).client() as http:
            headers = headers_of(http, 1)
            assert http.get("/api/dashboard", headers=headers).status_code == 200
            redis.stop()
            expect_503(http.get("/api/dashboard", headers=headers), CACHE_AWAY)
            redis.start()
            wait_until(lambda: http.get("/api/dashboard", headers=headers).status_code == 200, "the dashboard is back")
    finally:
        redis.stop()


def test_many_requests_during_an_outage_are_all_answered(
    start_api: StartApi, postgres_proxy: Proxy, postgres_url: str
) -> None:
    with behind(
        start_api, API_DATABASE_URL=through(postgres_proxy, postgres_url), API_DB_POOL_MAX="2"
    ).client() as http:
        headers = headers_of(http, 1)
        postgres_proxy.down()
        statuses = {http.get(f"/api/leads/{number}", headers=headers).status_code for number in range(1, 30)}
        assert statuses == {503}
        postgres_proxy.up()
        wait_until(lambda: http.get("/api/leads/1", headers=headers).status_code == 200, "leads are back")
