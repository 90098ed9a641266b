"""Prints as JSON which paths a server is asked for by each kind of user, by host and path."""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser, HttpUser  # isort: skip
from locust.env import Environment  # isort: skip

import json
from typing import Any

from gevent.pywsgi import WSGIServer

from lean_http import LeanHttpUser
from swarmscope_exporter.hosts import join_with_one_slash

PATHS = ("/x", "x", "", "/x?a=b//c")


def main() -> None:
    asked: list[str] = []

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        query = f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else ""
        asked.append(environ["PATH_INFO"] + query)
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    server = WSGIServer(("127.0.0.1", 0), answer, log=None, error_log=None)
    server.start()
    url = f"http://127.0.0.1:{server.server_port}"
    join_with_one_slash()
    found: dict[str, list[str]] = {}
    for user_class in (HttpUser, FastHttpUser, LeanHttpUser):
        for host in ("/", "/api/", "/api"):
            user: Any = type("Visitor", (user_class,), {"host": f"{url}{host}"})(Environment())
            asked.clear()
            for path in PATHS:
                user.client.get(path)
            user.client.get(f"{url}/whole/")
            found[f"{user_class.__name__} {host}"] = list(asked)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
