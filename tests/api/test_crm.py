"""Leads, projects, dashboard, analytics, and how they are cached."""

import asyncio
import json
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import asyncpg
import httpx
import pytest

from api.crm.leads import LeadFilter, list_statement
from tests.api.harness import Headers, StartApi, body_of, samples, token, wait_until

pytestmark = pytest.mark.real

Result = TypeVar("Result")
LEAD = {
    "name": "Ada Example",
    "email": "ada@example.test",
    "company": "Example Works",
    "source": "event",
    "value": 99.5,
}


def in_transaction(url: str, work: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
    """Run work on a connection of its own and rolls back."""

    async def run() -> Result:
        connection = await asyncpg.connect(url, server_settings={"jit": "off"})
        transaction = connection.transaction()
        await transaction.start()
        try:
            return await work(connection)
        finally:
            await transaction.rollback()
            await connection.close()

    return asyncio.run(run())


def create(client: httpx.Client, headers: Headers, **fields: object) -> dict[str, Any]:
    answer = client.post("/api/leads", headers=headers, json={**LEAD, **fields})
    assert answer.status_code == 201, answer.text
    return body_of(answer)


def listed(client: httpx.Client, headers: Headers, **query: str | float) -> dict[str, Any]:
    answer = client.get("/api/leads", headers=headers, params=query)
    assert answer.status_code == 200, answer.text
    return body_of(answer)


def test_a_lead_is_created_read_changed_and_deleted(client: httpx.Client, regular: Headers) -> None:
    lead = create(client, regular)
    assert {name: lead[name] for name in LEAD} == LEAD
    assert (lead["status"], lead["created_at"]) == ("new", lead["updated_at"])
    path = f"/api/leads/{lead['id']}"
    assert client.get(path, headers=regular).json() == lead

    changed = client.put(path, headers=regular, json={**LEAD, "status": "won", "value": 100.25}).json()
    assert (changed["status"], changed["value"], changed["created_at"]) == ("won", 100.25, lead["created_at"])
    assert changed["updated_at"] > lead["updated_at"]
    assert client.get(path, headers=regular).json() == changed

    assert client.delete(path, headers=regular).status_code == 204
    for method, body in (("GET", None), ("PUT", LEAD), ("DELETE", None)):
        gone = client.request(method, path, headers=regular, json=body)
        assert (gone.status_code, gone.json()) == (404, {"detail": f"there is no lead {lead['id']}"})


def test_ones_own_write_shows_at_once_in_lists(client: httpx.Client, regular: Headers) -> None:
    company = uuid.uuid4().hex
    assert listed(client, regular, q=company)["total"] == 0
    for number in range(1, 4):
        lead = create(client, regular, company=company)
        page = listed(client, regular, q=company)
        assert (page["total"], page["items"][0]["id"]) == (number, lead["id"])
    assert client.delete(f"/api/leads/{lead['id']}", headers=regular).status_code == 204
    assert listed(client, regular, q=company)["total"] == 2


def test_others_see_a_write_within_the_staleness(client: httpx.Client, regular: Headers, admin: Headers) -> None:
    company = uuid.uuid4().hex
    assert listed(client, admin, q=company)["total"] == 0  # now kept
    create(client, regular, company=company)
    wait_until(lambda: listed(client, admin, q=company)["total"] == 1, "the other user's list shows the new lead")


def test_lists_come_from_the_cache_until_somebody_writes(
    client: httpx.Client, admin: Headers, regular: Headers
) -> None:
    def reads() -> tuple[float, float]:
        found = samples(client, "api_cache_operations_total")
        return found['cache="leads",result="hit"'], found['cache="leads",result="miss"']

    def settled() -> bool:  # earlier tests' writes may still be about to make lists stale
        hits, _ = reads()
        listed(client, admin, q="ada", limit=7)
        return reads()[0] == hits + 1

    wait_until(settled, "a list is read from the cache")
    hits, misses = reads()
    for _ in range(5):
        listed(client, admin, q="ada", limit=7)
    assert reads() == (hits + 5, misses)
    create(client, regular)
    wait_until(lambda: listed(client, admin, q="ada", limit=7) is not None and reads()[1] > misses, "a miss")


@pytest.mark.parametrize(
    ("query", "selects"),
    [
        ({"status": "qualified"}, lambda lead: lead["status"] == "qualified"),
        ({"source": "phone"}, lambda lead: lead["source"] == "phone"),
        ({"min_value": 50_000}, lambda lead: lead["value"] >= 50_000),
        ({"q": "brandt"}, lambda lead: "brandt" in lead["name"].lower()),
        ({"q": "GRAN cli"}, lambda lead: lead["company"] == "Granite Clinics"),
        ({"status": "new", "source": "web", "min_value": 20_000}, lambda lead: lead["value"] >= 20_000),
        ({"q": "!!!"}, lambda _: False),
    ],
    ids=["status", "source", "min_value", "q-one-word", "q-beginnings", "all-at-once", "q-no-word"],
)
def test_a_filter_selects_exactly_what_it_says(
    client: httpx.Client, regular: Headers, query: dict[str, Any], selects: Callable[[dict[str, Any]], bool]
) -> None:
    page = listed(client, regular, limit=100, **query)
    everything = listed(client, regular, limit=100, offset=0)["items"]
    everything += listed(client, regular, limit=100, offset=100)["items"]
    wanted = [lead["id"] for lead in everything if selects(lead) and all(
        lead[name] == query[name] for name in ("status", "source") if name in query)]  # fmt: skip
    assert [lead["id"] for lead in page["items"]] == wanted
    assert page["total"] == len(wanted)


@pytest.mark.parametrize("sort", ["created_at", "-created_at", "value", "-value", "name", "-name"])
def test_every_order_sorts_and_pages_without_gaps(client: httpx.Client, regular: Headers, sort: str) -> None:
    whole = listed(client, regular, sort=sort, limit=60)["items"]
    keys = [lead[sort.removeprefix("-")] for lead in whole]
    if not sort.endswith("name"):  # names follow the database's collation, not Python's
        assert keys == sorted(keys, reverse=sort.startswith("-"))
    pages = [listed(client, regular, sort=sort, limit=20, offset=offset)["items"] for offset in (0, 20, 40)]
    assert [lead["id"] for page in pages for lead in page] == [lead["id"] for lead in whole]


def test_a_page_past_the_end_is_empty_and_still_knows_the_total(client: httpx.Client, regular: Headers) -> None:
    page = listed(client, regular, offset=100_000)
    assert (page["items"], page["offset"]) == ([], 100_000)
    assert page["total"] >= 100


@pytest.mark.parametrize(
    ("query", "location"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"offset": -1}, "offset"),
        ({"status": "lukewarm"}, "status"),
        ({"sort": "email"}, "sort"),
        ({"min_value": "nan"}, "min_value"),
        ({"q": "nul\0"}, "q"),
    ],
)
def test_a_bad_query_is_422_and_names_the_parameter(
    client: httpx.Client, regular: Headers, query: dict[str, Any], location: str
) -> None:
    answer = client.get("/api/leads", headers=regular, params=query)
    assert answer.status_code == 422
    assert [reason["loc"] for reason in answer.json()["detail"]] == [["query", location]]


@pytest.mark.parametrize("lead_id", ["0", "-1", "x", str(2**63)])
def test_an_impossible_id_is_422(client: httpx.Client, regular: Headers, lead_id: str) -> None:
    assert client.get(f"/api/leads/{lead_id}", headers=regular).status_code == 422


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "leads_newest"),
        ({"status": "won"}, "leads_status_newest"),
        ({"sort": "-value"}, "leads_value"),
        ({"sort": "name"}, "leads_name"),
        ({"min_value": 99_990.0}, "leads_value"),
        ({"q": "brandt.77"}, "leads_search"),
    ],
    ids=["newest", "rare-status", "by-value", "by-name", "min-value", "search"],
)
def test_with_many_leads_each_kind_of_list_uses_its_index(
    client: httpx.Client, postgres_url: str, asked: dict[str, Any], index: str
) -> None:
    assert client.get("/health").status_code == 200  # the schema is there
    defaults = {"status": None, "source": None, "min_value": None, "q": None, "sort": "-created_at"}
    sql, arguments = list_statement(LeadFilter(**{**defaults, **asked}, limit=20, offset=0))

    async def plan(connection: asyncpg.Connection) -> str:
        await connection.execute("""
            INSERT INTO leads (name, email, company, status, source, value, created_at)
            SELECT 'Lead ' || n, 'lead.' || n || '@example.test', 'Company ' || n % 50,
                   CASE WHEN n % 200 = 0 THEN 'won' ELSE 'new' END, 'web', n * 7 % 100000,
                   now() - n * interval '1 min'
            FROM generate_series(1, 20000) AS n
        """)
        await connection.execute("ANALYZE leads")
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        return "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {sql}", *arguments))

    found = set(re.findall(r"\bleads_\w+", in_transaction(postgres_url, plan))) - {"leads_1"}
    assert index in found


def test_projects_are_listed_by_due_date_and_filtered_by_status(client: httpx.Client, regular: Headers) -> None:
    page = client.get("/api/projects", headers=regular, params={"status": "active", "limit": 100}).json()
    due = [project["due_on"] for project in page["items"]]
    assert page["total"] == len(due) > 0
    assert due == sorted(due)
    assert {project["status"] for project in page["items"]} == {"active"}
    assert client.get("/api/projects", headers=regular).json()["total"] == 75


def test_a_project_knows_the_sum_of_its_invoices(client: httpx.Client, regular: Headers, postgres_url: str) -> None:
    project = client.get("/api/projects", headers=regular).json()["items"][0]

    async def invoiced(connection: asyncpg.Connection) -> float:
        sql = "SELECT sum(amount)::float8 FROM invoices WHERE project_id = $1"
        return float(await connection.fetchval(sql, project["id"]))

    whole = client.get(f"/api/projects/{project['id']}", headers=regular).json()
    assert whole == {**project, "invoiced": in_transaction(postgres_url, invoiced)}
    assert client.get("/api/projects/999999999", headers=regular).status_code == 404


def test_the_dashboard_and_analytics_agree_with_the_tables(start_api: StartApi, postgres_url: str) -> None:
    # An API with caches of its own: the shared one may hold figures from before earlier tests' writes.
    async def expected(connection: asyncpg.Connection) -> asyncpg.Record:
        return await connection.fetchrow("""
            SELECT (SELECT json_object_agg(status, n)::text
                    FROM (SELECT status, count(*) AS n FROM leads GROUP BY 1) AS counted) AS leads,
                   (SELECT sum(value) FROM leads WHERE status = 'won')::float8 AS won,
                   (SELECT sum(amount) FROM invoices WHERE issued_on > current_date - 90)::float8 AS revenue,
                   (SELECT count(*) FROM leads WHERE created_at > now() - interval '90 days') AS young_leads
        """)

    want = in_transaction(postgres_url, expected)
    with start_api(API_REDIS_URL=start_api.environment["API_REDIS_URL"].removesuffix("/0") + "/7").client() as http:
        headers = {"Authorization": f"Bearer {token(http, 3)}"}

        def get(path: str) -> dict[str, Any]:
            answer = http.get(path, headers=headers)
            assert answer.status_code == 200, answer.text
            return body_of(answer)

        board = get("/api/dashboard")
        assert board["leads_by_status"] == json.loads(want["leads"])
        assert [len(board["recent_leads"]), len(board["due_projects"])] == [10, 10]
        assert get("/api/dashboard/metrics")["won_value"] == pytest.approx(want["won"])
        revenue = get("/api/analytics/revenue?days=90")
        assert revenue["total"] == pytest.approx(want["revenue"])
        assert sum(item["amount"] for item in revenue["items"]) == pytest.approx(want["revenue"])
        assert get("/api/analytics/funnel?days=90")["leads"] == want["young_leads"]
        ranks = [item["rank"] for item in get("/api/analytics/performance")["items"]]
        assert ranks == sorted(ranks)
        assert ranks[0] == 1


def test_dashboard_reads_hit_the_cache_and_statistics_say_so(client: httpx.Client, regular: Headers) -> None:
    client.get("/api/dashboard", headers=regular)
    before = client.get("/api/cache/stats", headers=regular).json()
    bodies = {client.get("/api/dashboard", headers=regular).content for _ in range(20)}
    after = client.get("/api/cache/stats", headers=regular).json()
    assert len(bodies) == 1
    assert (after["hits"] - before["hits"], after["misses"] - before["misses"]) == (20, 0)
    assert after["hit_ratio"] == after["hits"] / (after["hits"] + after["misses"])
    assert client.get("/api/cache/health", headers=regular).json()["status"] == "ok"


def test_clearing_the_cache_makes_the_next_read_a_miss_and_keeps_sessions(
    client: httpx.Client, regular: Headers, admin: Headers
) -> None:
    tokens = client.post(
        "/api/auth/login", json={"email": "user00005@example.test", "password": "correct horse battery"}
    ).json()
    client.get("/api/dashboard", headers=regular)
    assert client.post("/api/admin/cache/clear", headers=admin).json()["cleared"] >= 1
    assert client.post("/api/admin/cache/clear", headers=admin).json()["cleared"] == 0
    label = 'cache="dashboard",result="miss"'
    before = samples(client, "api_cache_operations_total")[label]
    client.get("/api/dashboard", headers=regular)
    assert samples(client, "api_cache_operations_total")[label] == before + 1
    refreshed = client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refreshed.status_code == 200


def test_the_admin_dashboard_counts_users_and_documents(client: httpx.Client, admin: Headers) -> None:
    board = client.get("/api/admin/dashboard", headers=admin).json()
    assert board["users"]["admin"] >= 6
    assert board["knowledge_base"]["documents"] >= 280
    assert board["uptime_seconds"] > 0
    assert client.get("/api/admin/cache/stats", headers=admin).json()["keys"] > 0
