"""Accounts, tokens and roles."""

import time
import uuid

import httpx
import jwt
import pytest

from tests.api.harness import PASSWORD, SECRET, StartApi, samples

pytestmark = pytest.mark.real

NEW_PASSWORD = "a new password"


def new_account(client: httpx.Client) -> dict[str, str]:
    account = {"email": f"{uuid.uuid4().hex}@example.test", "password": NEW_PASSWORD}
    assert client.post("/api/auth/register", json=account).status_code == 201
    return account


def test_a_new_account_is_regular_and_can_log_in(client: httpx.Client) -> None:
    email = f"{uuid.uuid4().hex}@Example.Test"
    created = client.post(
        "/api/auth/register", json={"email": email, "password": NEW_PASSWORD, "full_name": "Ada Example"}
    )
    assert created.status_code == 201
    profile = created.json()
    assert {**profile, "id": 0} == {"id": 0, "email": email.lower(), "full_name": "Ada Example", "role": "regular"}

    tokens = client.post("/api/auth/login", json={"email": email.upper(), "password": NEW_PASSWORD}).json()
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
    me = client.get("/api/auth/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert (me.status_code, me.json()) == (200, profile)


def test_an_address_that_has_an_account_is_refused_with_409(client: httpx.Client) -> None:
    account = new_account(client)
    again = client.post("/api/auth/register", json=account)
    assert again.status_code == 409
    assert again.json() == {"detail": f"there is an account for {account['email']} already, log in instead"}


@pytest.mark.parametrize(
    ("number", "role"), [(1, "regular"), (7, "regular"), (8, "power"), (9, "power"), (10, "admin"), (51, "regular")]
)
def test_test_user_n_has_its_role_by_number(client: httpx.Client, number: int, role: str) -> None:
    credentials = {"email": f"user{number:05}@example.test", "password": PASSWORD}
    access = client.post("/api/auth/login", json=credentials).json()["access_token"]
    assert client.get("/api/auth/me", headers={"Authorization": f"Bearer {access}"}).json()["role"] == role


@pytest.mark.parametrize("email", ["user00001@example.test", "nobody@example.test"])
def test_wrong_credentials_are_refused_alike_for_known_and_unknown_accounts(client: httpx.Client, email: str) -> None:
    before = samples(client, "api_auth_failures_total")['reason="bad_credentials"']
    answer = client.post("/api/auth/login", json={"email": email, "password": "wrong password"})
    assert (answer.status_code, answer.json()) == (401, {"detail": "the e-mail address or the password is wrong"})
    assert samples(client, "api_auth_failures_total")['reason="bad_credentials"'] == before + 1


def test_a_refresh_token_is_good_for_one_refresh(client: httpx.Client) -> None:
    first = client.post("/api/auth/login", json=new_account(client)).json()
    second = client.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first["refresh_token"]
    spent = client.post("/api/auth/refresh", json={"refresh_token": first["refresh_token"]})
    assert spent.status_code == 401
    assert spent.json()["detail"] == "the refresh token is unknown, used, revoked or expired, log in again"


def test_an_access_token_is_good_for_all_the_seconds_that_the_answer_says(client: httpx.Client) -> None:
    account = new_account(client)
    asked_at = time.time()
    tokens = client.post("/api/auth/login", json=account).json()
    claims = jwt.decode(tokens["access_token"], SECRET, algorithms=["HS256"])
    assert claims["exp"] >= asked_at + tokens["expires_in"]


def test_logout_revokes_the_refresh_token(client: httpx.Client) -> None:
    tokens = client.post("/api/auth/login", json=new_account(client)).json()
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    body = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/api/auth/logout", headers=headers, json=body).status_code == 204
    assert client.post("/api/auth/refresh", json=body).status_code == 401


def test_logout_cannot_revoke_somebody_elses_refresh_token(client: httpx.Client, regular: dict[str, str]) -> None:
    tokens = client.post("/api/auth/login", json=new_account(client)).json()
    body = {"refresh_token": tokens["refresh_token"]}
    assert client.post("/api/auth/logout", headers=regular, json=body).status_code == 204
    assert client.post("/api/auth/refresh", json=body).status_code == 200


def signed(secret: str = SECRET, **claims: object) -> str:
    whole = {"sub": "1", "email": "user00001@example.test", "role": "admin", "exp": int(time.time()) + 60, **claims}
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, secret, algorithm="HS256")


UNSIGNED = jwt.encode({"sub": "1", "email": "e", "role": "admin", "exp": 4_000_000_000}, None, algorithm="none")


NEEDED = "an access token is needed: send the header Authorization: Bearer <access_token>"
FORMAT = "the Authorization header must be: Bearer <access_token>"
INVALID = "the access token is not valid, log in again"
EXPIRED = "the access token has expired, refresh it or log in again"


@pytest.mark.parametrize(
    ("header", "reason", "detail"),
    [
        (None, "missing_token", NEEDED),
        ("Basic abc", "invalid_token", FORMAT),
        ("Bearer nonsense", "invalid_token", INVALID),
        (f"Bearer {UNSIGNED}", "invalid_token", INVALID),
        (f"Bearer {signed('another secret of 32 characters or more')}", "invalid_token", INVALID),
        (f"Bearer {signed(role=None)}", "invalid_token", INVALID),
        (f"Bearer {signed(sub='x')}", "invalid_token", INVALID),
        (f"Bearer {signed(exp=int(time.time()) - 1)}", "expired_token", EXPIRED),
    ],
    ids=["missing", "basic", "nonsense", "unsigned", "other-secret", "no-role", "bad-subject", "expired"],
)
def test_a_missing_invalid_or_expired_token_is_401(
    client: httpx.Client, header: str | None, reason: str, detail: str
) -> None:
    label = f'reason="{reason}"'
    before = samples(client, "api_auth_failures_total")[label]
    answer = client.get("/api/leads", headers={} if header is None else {"Authorization": header})
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})
    assert answer.headers["www-authenticate"] == "Bearer"
    assert samples(client, "api_auth_failures_total")[label] == before + 1


def test_the_token_of_an_account_that_never_was_is_401(client: httpx.Client) -> None:
    answer = client.get("/api/auth/me", headers={"Authorization": f"Bearer {signed(sub='999999999')}"})
    assert (answer.status_code, answer.json()) == (401, {"detail": "the account no longer exists"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/admin/dashboard"),
        ("GET", "/api/admin/kb/documents"),
        ("DELETE", "/api/admin/kb/documents/1"),
        ("POST", "/api/admin/cache/clear"),
        ("GET", "/api/admin/feature-flags"),
    ],
)
def test_admin_routes_are_403_for_others(client: httpx.Client, regular: dict[str, str], method: str, path: str) -> None:
    answer = client.request(method, path, headers=regular)
    assert (answer.status_code, answer.json()) == (403, {"detail": "the role admin is needed, yours is regular"})


@pytest.mark.parametrize(
    ("body", "location"),
    [
        ({"email": "no address", "password": NEW_PASSWORD}, ["body", "email"]),
        ({"email": "a@example.test", "password": "short"}, ["body", "password"]),
        ({"email": "a@example.test"}, ["body", "password"]),
        ({"email": "a@example.test", "password": NEW_PASSWORD, "full_name": "nul\0"}, ["body", "full_name"]),
        ([], ["body"]),
    ],
    ids=["address", "short-password", "no-password", "nul", "list"],
)
def test_a_bad_registration_is_422_with_its_place(client: httpx.Client, body: object, location: list[str]) -> None:
    answer = client.post("/api/auth/register", json=body)
    assert answer.status_code == 422
    assert [reason["loc"] for reason in answer.json()["detail"]] == [location]
    assert "input" not in answer.text  # a password is not sent back


def test_logins_above_the_rate_of_an_account_are_429_with_retry_after(start_api: StartApi) -> None:
    with start_api(API_LOGIN_RATE_PER_MINUTE="10").client() as http:
        credentials = {"email": f"{uuid.uuid4().hex}@example.test", "password": "wrong password"}
        # The minute may turn on the way, which begins a new count: twice the rate and one is enough in any case.
        answers = [http.post("/api/auth/login", json=credentials) for _ in range(21)]
        statuses = [answer.status_code for answer in answers]
        refused = answers[statuses.index(429)]
        assert statuses[:10] == [401] * 10
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert refused.json()["detail"].startswith("more than 10 requests a minute, try again in ")
        assert samples(http, "api_rate_limited_total")['route="/api/auth/login"'] == statuses.count(429)
        other = {"email": "user00002@example.test", "password": PASSWORD}
        assert http.post("/api/auth/login", json=other).status_code == 200
