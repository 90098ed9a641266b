"""Prints as JSON which users' requests reach the proxy that the environment names: ``on``, ``off``, or ``plain``."""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser, HttpUser  # isort: skip
from locust.clients import HttpSession  # isort: skip
from locust.env import Environment  # isort: skip

import json
import os
import sys
from typing import Any

import requests
import websocket
from gevent.pywsgi import WSGIServer

from lean_http import LeanHttpUser
from swarmscope_exporter.proxies import remove_proxies, use_proxies_in


class Server:
    """Answers everything; as a proxy it is sent whole URLs."""

    def __init__(self, name: str) -> None:
        self.name, self.asked = name, 0
        self._server = WSGIServer(("127.0.0.1", 0), self._answer, log=None, error_log=None)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.asked += 1
        if environ["PATH_INFO"].endswith("/redirect"):
            start_response("302 Found", [("Location", "/"), ("Content-Length", "0")])
            return [b""]
        authorization = environ.get("HTTP_AUTHORIZATION", "none")
        start_response("200 OK", [("Content-Length", str(len(authorization)))])
        return [authorization.encode()]


def main(mode: str) -> None:
    target, proxy = Server("target"), Server("proxy")
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ |= {"http_proxy": proxy.url, "HTTPS_PROXY": proxy.url, "no_proxy": "excepted.test"}
    removed = remove_proxies(os.environ) if mode == "off" else ()
    if mode == "on":
        use_proxies_in(HttpSession)

    def http_user() -> Any:
        return user_of(HttpUser, target.url)

    def websocket_user() -> None:
        try:
            websocket.create_connection(target.url.replace("http", "ws"), timeout=5).close()
        except websocket.WebSocketException:
            return  # neither server speaks it

    calls = {
        "HttpUser": lambda: http_user().get("/"),
        "HttpUser redirected": lambda: http_user().get("/redirect"),
        "HttpUser to an exception": lambda: http_user().get("http://excepted.test:9/", timeout=5),
        "HttpUser with a proxy of its own": lambda: http_user().get("/", proxies={"http": target.url}),
        "HttpSession": lambda: HttpSession(target.url, Environment().events.request, None).get("/"),
        "requests": lambda: requests.get(target.url, timeout=5),
        "FastHttpUser": lambda: user_of(FastHttpUser, target.url).get("/"),
        "LeanHttpUser": lambda: user_of(LeanHttpUser, target.url).get("/"),
        "websocket-client": websocket_user,
    }
    found: dict[str, Any] = {}
    for name, call in calls.items():
        target.asked = proxy.asked = 0
        call()
        found[name] = [target.asked, proxy.asked]
    verify = http_user().merge_environment_settings(target.url, {}, None, None, None)["verify"]
    print(json.dumps({**found, "removed": removed, "verify": verify}))


def user_of(user_class: type[Any], host: str) -> Any:
    return type("Visitor", (user_class,), {"host": host})(Environment()).client


if __name__ == "__main__":
    main(sys.argv[1])
