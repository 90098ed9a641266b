"""The feature flags: each fault acts while it is on, and is gone when it is off."""

import concurrent.futures

import httpx
import pytest

from tests.api.harness import Headers, StartApi, flag, samples, token, wait_until

pytestmark = pytest.mark.real

FLAGS = [
    "slow-chat", "error-rate", "drop-citations", "leak-memory", "leak-connections", "cold-cache", "tight-rate-limit",
    "ws-stall",
]  # fmt: skip
PATH = "/api/admin/feature-flags"


def strength(client: httpx.Client, name: str) -> float:
    return samples(client, "api_feature_flag_strength")[f'flag="{name}"']


def test_all_flags_exist_and_none_is_on(client: httpx.Client, admin: Headers) -> None:
    items = client.get(PATH, headers=admin).json()["items"]
    assert [item["id"] for item in items] == FLAGS
    assert not any(item["enabled"] for item in items)
    assert all(item["description"] for item in items)


def test_putting_a_flag_answers_with_it_and_shows_in_list_and_metrics(client: httpx.Client, admin: Headers) -> None:
    with flag(client, admin, "slow-chat", 0.25):
        item = client.get(PATH, headers=admin).json()["items"][0]
        assert (item["id"], item["enabled"], item["strength"]) == ("slow-chat", True, 0.25)
        assert strength(client, "slow-chat") == 0.25
    assert strength(client, "slow-chat") == 0.0


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("no-such-flag", {"enabled": True}),
        ("slow-chat", {"enabled": True, "strength": 1.5}),
        ("slow-chat", {"enabled": True, "strength": -0.1}),
        ("slow-chat", {"strength": 0.5}),
        ("slow-chat", {"enabled": "perhaps"}),
    ],
)
def test_a_bad_flag_is_422(client: httpx.Client, admin: Headers, name: str, body: object) -> None:
    assert client.put(f"{PATH}/{name}", headers=admin, json=body).status_code == 422


def test_a_flag_reaches_other_processes_by_itself(start_api: StartApi, client: httpx.Client, admin: Headers) -> None:
    with start_api().client() as other:
        with flag(client, admin, "cold-cache", 0.5):
            wait_until(lambda: strength(other, "cold-cache") == 0.5, "the flag arrives")
        wait_until(lambda: strength(other, "cold-cache") == 0.0, "the flag's end arrives")


def test_error_rate_fails_api_routes_but_not_admin_and_health(
    client: httpx.Client, regular: Headers, admin: Headers
) -> None:
    label = 'method="GET",route="/api/leads/{lead_id}",status="500"'
    before = samples(client, "http_requests_total").get(label, 0)
    with flag(client, admin, "error-rate", 1.0):
        failed = client.get("/api/leads/1", headers=regular)
        assert (failed.status_code, failed.json()) == (500, {"detail": "injected by the feature flag error-rate"})
        assert client.get("/health/detailed").status_code == 200
        assert client.get("/api/admin/dashboard", headers=admin).status_code == 200
    assert samples(client, "http_requests_total")[label] == before + 1
    assert client.get("/api/leads/1", headers=regular).status_code == 200


def test_error_rate_fails_about_its_share(client: httpx.Client, regular: Headers, admin: Headers) -> None:
    with flag(client, admin, "error-rate", 0.5):
        statuses = [client.get("/api/leads/1", headers=regular).status_code for _ in range(200)]
    assert 60 <= statuses.count(500) <= 140  # beyond five standard deviations either way


def test_slow_chat_makes_the_same_question_take_longer(client: httpx.Client, regular: Headers, admin: Headers) -> None:
    def ask() -> float:
        answer = client.post("/api/chat", headers=regular, json={"message": "What is gout?"})
        assert answer.status_code == 200
        return answer.elapsed.total_seconds()

    ask()
    with flag(client, admin, "slow-chat", 0.4):
        slow = ask()
    assert slow >= 0.4  # half of 2 s times the strength is the least it adds


def test_a_cold_cache_turns_hits_into_misses(client: httpx.Client, regular: Headers, admin: Headers) -> None:
    def read() -> tuple[float, float]:
        before = samples(client, "api_cache_operations_total")
        assert client.get("/api/dashboard", headers=regular).status_code == 200
        after = samples(client, "api_cache_operations_total")
        hit, miss = (f'cache="dashboard",result="{result}"' for result in ("hit", "miss"))
        return after[hit] - before[hit], after[miss] - before[miss]

    read()
    with flag(client, admin, "cold-cache", 1.0):
        assert read() == (0, 1)
    assert read() == (1, 0)


def test_a_tight_rate_limit_answers_429_and_lets_go(client: httpx.Client, admin: Headers) -> None:
    headers = {"Authorization": f"Bearer {token(client, 44)}"}
    question = {"message": "What is gout?"}
    before = samples(client, "api_rate_limited_total")['route="/api/chat"']
    with flag(client, admin, "tight-rate-limit", 1.0):
        answers = [client.post("/api/chat", headers=headers, json=question) for _ in range(3)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 1  # two, unless the minute turned in between
    assert refused[-1].json()["detail"].startswith("more than 1 requests a minute, try again in ")
    assert 1 <= int(refused[-1].headers["retry-after"]) <= 60
    assert samples(client, "api_rate_limited_total")['route="/api/chat"'] == before + len(refused)
    assert client.post("/api/chat", headers=headers, json=question).status_code == 200


def test_leaked_memory_is_given_back(client: httpx.Client, regular: Headers, admin: Headers) -> None:
    def resident() -> float:
        return samples(client, "process_resident_memory_bytes")[""] / 1_048_576

    with flag(client, admin, "leak-memory", 1.0):
        before = resident()
        for _ in range(480):  # 30 MiB
            client.get("/api/cache/health", headers=regular)
        leaked = resident() - before
    kept = resident() - before
    assert leaked >= 28
    assert kept <= 5


def test_leaked_connections_fill_the_pool_and_are_given_back(start_api: StartApi, admin: Headers) -> None:
    def in_use() -> float:
        return samples(http, "api_db_pool_connections")['state="in_use"']

    with start_api(API_DB_POOL_MAX="5").client() as http:
        headers = {"Authorization": f"Bearer {token(http, 1)}"}

        def leaks_all_but_one() -> bool | float:
            http.get("/api/cache/health", headers=headers)
            return in_use() == 4 or in_use()

        with flag(http, admin, "leak-connections", 1.0):
            wait_until(leaks_all_but_one, "4 of 5 connections are held")
            with concurrent.futures.ThreadPoolExecutor(8) as threads:
                paths = [f"/api/leads/{number}" for number in range(1, 20)]
                statuses = set(threads.map(lambda path: http.get(path, headers=headers).status_code, paths))
            assert statuses == {200}  # one connection is left: slow, and not broken
        assert in_use() == 0
        assert http.get("/api/leads/1", headers=headers).status_code == 200
