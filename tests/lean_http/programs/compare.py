"""Makes the same requests with FastHttpUser and with LeanHttpUser, and prints what each saw, sent and reported.

python -m tests.lean_http.programs.compare [CERTIFICATE KEY]
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
import locust  # isort: skip

import json
import re
import sys
from collections.abc import Callable
from typing import Any

import gevent
from locust.contrib.fasthttp import ResponseContextManager
from locust.env import Environment

from lean_http import LeanHttpUser
from swarmscope_exporter.errors import classify
from tests.lean_http.programs.server import ANSWERS, CLOSING, Server, closed_port, full_backlog

Case = Callable[[Any], Any]
PATIENCE_SECONDS = 20.0
TIMEOUT_SECONDS = 0.7  # where something hangs


def get(*urls: str, **options: Any) -> Case:
    return lambda client: [client.get(url, **options) for url in urls]


def send(method: str, url: str, **options: Any) -> Case:
    return lambda client: [client.request(method, url, **options)]


def caught(url: str, mark: Callable[[Any], Any], **options: Any) -> Case:
    def case(client: Any) -> list[Any]:
        with client.get(url, catch_response=True, **options) as response:
            mark(response)
        return [response]

    return case


def renamed(client: Any) -> list[Any]:
    with client.rename_request("/by-context"):
        responses = [client.get("/plain"), client.get("/plain", name="/by-argument")]
    client.request_name = "/by-attribute"
    return [*responses, client.get("/plain")]


def rest(client: Any) -> list[Any]:
    with client.user.rest("POST", "/plain", json={"a": 1}) as response:
        assert response.js["id"] == 1
    with client.user.rest("GET", "/untyped") as other:
        pass
    return [response, other]


def concurrently(client: Any) -> list[Any]:
    greenlets = [gevent.spawn(client.get, "/late-body") for _ in range(5)]
    gevent.joinall(greenlets)
    return [greenlet.value for greenlet in greenlets]


def with_pause(*urls: str) -> Case:
    def case(client: Any) -> list[Any]:
        responses = []
        for url in urls:
            responses.append(client.get(url))
            gevent.sleep(0.1)
        return responses

    return case


CASES: dict[str, Case] = {
    **{f"answer {name}": get(f"/{name}", f"/{name}") for name in [*ANSWERS, *CLOSING]},
    **{f"POST to {name}": send("POST", f"/{name}", json={"a": 1}) for name in CLOSING},
    **{f"HEAD of {name}": send("HEAD", f"/{name}") for name in ("plain", "gzip", "chunked", "no-content", "close")},
    **{
        f"status {status}": get(f"/status/{status}", "/plain")
        for status in (200, 201, 202, 206, 299, 300, 302, 400, 401, 404, 429, 500, 503, 599)
    },
    **{
        f"{method} redirected by {status}": send(method, f"/redirect/{status}?/plain", json={"a": 1})
        for status in (301, 302, 303, 307, 308)
        for method in ("GET", "POST", "PUT")
    },
    "HEAD redirected": send("HEAD", "/redirect/302?/plain"),
    "redirect to a relative place": get("/redirect/302?../plain"),
    "redirect to an absolute place": get("/redirect/302?http://127.0.0.1:HERE/chunked"),
    "redirect to another host": get("/redirect/307?http://127.0.0.1:OTHER/plain", headers={"Authorization": "secret"}),
    "redirect to another scheme": get("/redirect/302?ftp://127.0.0.1/plain"),
    "redirect without an end": get("/loop"),
    "redirect to itself": lambda client: [client.get(f"/redirect/302?{'/redirect/302?' * 40}/plain")],
    "redirect to an error": get("/redirect/302?/status/500"),
    "redirect to a hang": get("/redirect/302?/hang"),
    "redirect that is not followed": get("/redirect/302?/plain", "/plain", allow_redirects=False),
    "cookies": get("/cookie", "/plain", "/elsewhere", "/no-cookie", "/plain"),
    "cookies and a header of one": lambda client: [
        client.get("/cookie"),
        client.get("/plain", headers={"Cookie": "a=1"}),
    ],
    "cookies of a chunked answer": get("/redirect/302?/chunked", "/plain"),
    "slices": get("/slices", "/plain"),
    "late body": get("/late-body", "/plain"),
    "timeout": get("/hang", "/plain"),
    "timeout of a POST": send("POST", "/hang", json={}),
    "timeout in the body": get("/hang-body", "/plain"),
    "timeout in the body of an error": get("/hang-body/500", "/plain"),
    "timeout in the body, caught": caught("/hang-body", lambda response: response.content),
    "reset": get("/reset", "/plain"),
    "POST to a reset": send("POST", "/reset", data="x"),
    "closed while idle": with_pause("/close-untold", "/plain", "/close-untold", "/plain"),
    "bytes while idle": with_pause("/later-garbage", "/plain"),
    "GET is repeated": get("/drop-first"),
    "POST is not repeated": send("POST", "/drop-first", data="x"),
    "params": send("GET", "/plain?a=1", params={"b": "ü &", "c": [1, 2], "d": None}),
    "params as pairs": send("GET", "/plain", params=[("a", 1), ("a", "2")]),
    "params as text": send("GET", "/plain", params="a=1&b=ü"),
    "non-ASCII URL": get("/plain/grüße?q=größe%20x&r=%7E"),
    "URL with a stray percent sign": get("/plain?q=größe%20x&r=%7E%zz"),
    "odd URLs": get("/plain?", "/plain;a", "/plain/../x", "/plain#part", "/a b", "/[x]", "", "?q=1", "/plain/é"),
    "refused URL": get("//plain"),
    "absolute URL": lambda client: [
        client.get(f"{client.base_url}/plain?x"),
        client.get(f"{client.base_url.upper()}/PLAIN"),
    ],
    "text body": send("POST", "/plain", data="grüße"),
    "bytes body": send("POST", "/plain", data=b"\x00\xff"),
    "form": send("POST", "/plain", data={"a": "1 2", "b": "ü"}),
    "typed body": send("PUT", "/plain", data="<a/>", headers={"Content-Type": "text/xml"}),
    "json": send("PATCH", "/plain", json={"ü": [1, None]}, headers={"accept": "text/plain", "X-B": "é"}),
    "empty bodies": lambda client: [client.post("/plain"), client.put("/plain", data=""), client.delete("/plain")],
    "large body": send("POST", "/plain", data=b"x" * 3_000_000),
    "iterator as body": lambda client: [client.post("/plain", data=iter([b"ab", b"c"]))],
    "files": send("POST", "/plain", files={"file": ("a.txt", b"abc", "text/plain", {}, "boundary")}),
    "own headers": get("/plain", headers={"user-agent": "me", "HOST": "other.test", "Accept-Encoding": "br", "X": ""}),
    "number as header": get("/plain", headers={"X-Number": 5}),
    "bad header": get("/plain", headers={"X": "a\r\nY: b"}),
    "bad header name": get("/plain", headers={"X Y": "a"}),
    "own length": send("POST", "/plain", data="abc", headers={"Content-Length": "3"}),
    "expect": send("POST", "/plain", data="abc", headers={"Transfer-Encoding": "chunked"}),
    "auth": get("/plain", auth=("me", "pässword")),
    "odd method": send("propfind", "/plain"),
    "bad method": send("A B", "/plain"),
    "all methods": lambda client: [client.head("/plain"), client.options("/plain"), client.patch("/plain", json={})],
    "stream": lambda client: [client.get("/chunked", stream=True)],
    "lines": lambda client: [[*client.iter_lines("/late-body")], client.get("/plain")],
    "marked as failure": caught("/plain", lambda response: response.failure("wrong")),
    "marked as success": caught("/status/500", lambda response: response.success()),
    "caught and chunked": caught("/chunked", lambda response: response.failure(response.text)),
    "caught and packed": caught("/gzip", lambda response: response.json()["id"]),
    "not marked": caught("/status/404", lambda _: None),
    "failed in a with-block": caught("/plain", lambda _: 1 / 0),
    "not in a with-block": lambda client: client.get("/plain").failure("x"),
    "never entered": lambda client: client.get("/plain", catch_response=True).failure("x"),
    "caught and refused": caught("/drop", lambda response: response.content),
    "context": get("/plain", context={"b": 2}),
    "names": renamed,
    "rest": rest,
    "concurrently": concurrently,
}

for _name in ("refused", "connect timeout", "certificate that nobody signed"):
    CASES[_name] = get("/plain")
TLS_CASES = (
    "answer plain",
    "answer chunked",
    "answer large",
    "large body",
    "json",
    "closed while idle",
    "certificate that nobody signed",
)


class FastUser(locust.FastHttpUser):
    host = "http://127.0.0.1"
    default_headers = {"X-Default": "1"}  # noqa: RUF012

    def context(self) -> dict[str, Any]:
        return {"a": 1}


class LeanUser(FastUser, LeanHttpUser):
    pass


def observe(user_class: type[Any], name: str, tls: dict[str, str] | None = None, port: int | None = None) -> Any:
    """Return all that can be seen of a case: responses, events, and the bytes that the server received."""
    case = CASES[name.removeprefix("HTTPS: ")]
    server, other = Server(**tls or {}), Server()
    server.other_port = other.port
    port, scheme = port or server.port, "https" if tls else "http"
    environment = Environment(host=f"{scheme}://127.0.0.1:{port}")
    events: list[dict[str, Any]] = []
    environment.events.request.add_listener(lambda **event: events.append(reported(event)))
    timeout = TIMEOUT_SECONDS if "timeout" in name or "hang" in name else PATIENCE_SECONDS
    settings = {"host": environment.host, "network_timeout": timeout, "connection_timeout": timeout}
    settings["insecure"] = name != "HTTPS: certificate that nobody signed"
    user = type(user_class.__name__, (user_class,), settings)(environment)
    try:
        outcome = [seen(response) for response in case(user.client)]
    except Exception as error:  # noqa: BLE001  # what a task would see
        outcome = [f"raised {type(error).__name__}: {error}"]
    finally:
        server.stop()
        other.stop()
    observed = {
        "responses": outcome,
        "events": events,
        "sent": [request.decode("latin-1")[:4000] for request in server.requests + other.requests],
        "connections": server.connections,
    }
    text = json.dumps(observed)
    for number in (port, server.port, other.port):
        text = re.sub(rf"\b{number}\b", "PORT", text)
    return json.loads(text)


def seen(response: Any) -> Any:
    """Return what a task reads of a response."""
    if isinstance(response, str):
        return response
    content = response.content
    # neither is there in FastHttpUser's response to a with-block, nor when there was none
    has_all = response.status_code != 0 and not isinstance(response, ResponseContextManager)
    return {
        "status": response.status_code,
        "ok": response.ok,
        "content": None if content is None else content.decode("latin-1")[:4000],
        "length": None if content is None else len(content),
        "text": response.text and response.text[:4000],
        "headers": None if response.headers is None else list(response.headers.items()),
        "url": response.url,
        "history": [each.status_code for each in response.history] if has_all else None,
        "is_timed": response.elapsed is not None if has_all else None,
        "request": [response.request.method, response.request.url, response.request.body is not None],
    }


def reported(event: dict[str, Any]) -> dict[str, Any]:
    """Return the event, without what differs from one request to the next."""
    response, exception = event["response"], event["exception"]
    return {
        "fields": sorted(event),
        "type": event["request_type"],
        "name": event["name"],
        "url": event["url"],
        "length": event["response_length"],
        "context": event["context"],
        "status": response.status_code,
        "exception": repr(exception),
        "text": str(exception),
        "kind": None if exception is None else classify(exception, response.status_code),
        "is_timed": event["response_time"] > 0 and event["start_time"] > 1e9,
    }


def main() -> None:
    both = (FastUser, LeanUser)
    results = {name: {each.__name__: observe(each, name) for each in both} for name in CASES}
    blockers: list[Any] = []
    for name, port in {"refused": closed_port(), "connect timeout": full_backlog(blockers)}.items():
        results[name] = {each.__name__: observe(each, name, port=port) for each in both}
    if len(sys.argv) > 1:
        tls = {"certfile": sys.argv[1], "keyfile": sys.argv[2]}
        for name in TLS_CASES:
            results[f"HTTPS: {name}"] = {each.__name__: observe(each, f"HTTPS: {name}", tls) for each in both}
    json.dump(results, sys.stdout)


if __name__ == "__main__":
    main()
