"""What is sent to Grafana, and what becomes of its answers: asked of a local HTTP server."""

from __future__ import annotations

import base64
import socket
from collections.abc import Iterator

import pytest

from swarmscope.grafana.client import Annotation, GrafanaAccess, GrafanaApi, GrafanaUnavailableError, access_to
from tests.run.web_server import Asked, WebServer, serving

MOMENT = Annotation("Run 1 started", ("swarmscope", "run-1", "smoke", "start"), 1_700_000_000.1234)
TOKEN = "glsa_secret"


@pytest.fixture
def grafana() -> Iterator[WebServer]:
    with serving(WebServer()) as server:
        yield server


def api(url: str, authentication: str | tuple[str, str] = TOKEN) -> GrafanaApi:
    return GrafanaApi(GrafanaAccess(url, authentication), timeout_seconds=0.5)


def complaint(url: str) -> str:
    with pytest.raises(GrafanaUnavailableError) as error:
        api(url).annotate(MOMENT)
    return str(error.value)


def test_a_moment_is_posted_in_milliseconds_with_its_tags_and_the_token(grafana: WebServer) -> None:
    api(grafana.url).annotate(MOMENT)
    body = {"time": 1_700_000_000_123, "tags": ["swarmscope", "run-1", "smoke", "start"], "text": "Run 1 started"}
    assert grafana.asked == [Asked("POST", "/api/annotations", f"Bearer {TOKEN}", body)]


def test_a_grafana_below_a_path_is_asked_there_and_a_password_goes_as_basic_auth(grafana: WebServer) -> None:
    api(f"{grafana.url}/grafana/", ("admin", "pass:word")).annotate(MOMENT)
    body = {"time": 1_700_000_000_123, "tags": list(MOMENT.tags), "text": MOMENT.text}
    basic = base64.b64encode(b"admin:pass:word").decode()
    assert grafana.asked == [Asked("POST", "/grafana/api/annotations", f"Basic {basic}", body)]


@pytest.mark.parametrize("status", [200, 201, 204])
def test_an_empty_answer_of_a_success_is_a_success(grafana: WebServer, status: int) -> None:
    grafana.status, grafana.answer = status, b""
    api(grafana.url).annotate(MOMENT)
    assert len(grafana.asked) == 1


@pytest.mark.parametrize(
    ("status", "answer", "reason"),
    [
        (400, b'{"message": "bad"}', 'Bad Input: `{"message": "bad"}`'),
        (401, b"{}", "it refuses our token or password"),
        (403, b'{"message": "no  permission"}', 'Client Error 403: {"message": "no permission"}'),
        (404, b"404 page not found\n", "Client Error 404: 404 page not found"),
        (412, b"[]", "what answers there is not Grafana"),
        (412, b'{"status": "old"}', "what answers there is not Grafana"),
        (412, b"<html>", "what answers there is not Grafana"),
        (502, b"<html>\n<head><title>502 Bad Gateway</title></head>", "Server Error 502"),
        (500, b"x" * 200, f"Server Error 500: {'x' * 102}…"),
    ],
)
def test_a_refusal_is_told_in_a_line(grafana: WebServer, status: int, answer: bytes, reason: str) -> None:
    grafana.status, grafana.answer = status, answer
    assert complaint(grafana.url) == reason


@pytest.mark.parametrize("answer", [b"<html>Welcome to nginx!</html>", b"[]", b'"ok"', b'{"status": "fine"}', b"\xff"])
def test_nonsense_is_no_grafana(grafana: WebServer, answer: bytes) -> None:
    grafana.answer = answer
    assert complaint(grafana.url) == "what answers there is not Grafana"


def test_a_login_page_that_it_leads_to_is_not_followed(grafana: WebServer) -> None:
    grafana.status, grafana.answer, grafana.headers = 302, b"", {"Location": "/login"}
    assert complaint(grafana.url) == "it leads elsewhere: give the address that it is served at"
    assert [asked.path for asked in grafana.asked] == ["/api/annotations"]


def test_a_slow_one_is_not_waited_for(grafana: WebServer) -> None:
    grafana.is_slow = True
    assert complaint(grafana.url) == "timeout"


def test_one_that_is_away_is_told() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert complaint(f"http://127.0.0.1:{port}") == "connection refused"


def test_neither_a_proxy_nor_a_netrc_comes_between(grafana: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    api(grafana.url).annotate(MOMENT)
    assert len(grafana.asked) == 1


def test_the_token_is_for_the_grafana_that_was_named_and_the_password_for_the_stacks_own() -> None:
    settings = {"GRAFANA_URL": "https://g.test", "GRAFANA_TOKEN": TOKEN, "GRAFANA_ADMIN_PASSWORD": "secret"}
    assert access_to("https://g.test", settings).authentication == TOKEN
    assert access_to("http://127.0.0.1:3000", settings).authentication == ("admin", "secret")


def test_the_admins_password_leaves_no_machine_and_no_secret_is_shown() -> None:
    with pytest.raises(GrafanaUnavailableError) as error:
        access_to("https://g.test", {"GRAFANA_URL": "https://g.test", "GRAFANA_ADMIN_PASSWORD": "secret"})
    assert str(error.value) == "set GRAFANA_TOKEN to the token of a service account that may write annotations"
    assert repr(GrafanaAccess("https://g.test", TOKEN)) == "GrafanaAccess(url='https://g.test')"
