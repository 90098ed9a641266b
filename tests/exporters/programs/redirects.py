"""Prints as JSON what each client's redirects were counted as, and how many requests the servers saw."""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust.clients import HttpSession  # isort: skip
from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.event import EventHook  # isort: skip

import json
import re
import socket
from contextlib import suppress
from typing import Any

import gevent
from gevent.pywsgi import WSGIServer

from lean_http import LeanHttpSession
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.redirects import count_redirects
from swarmscope_exporter.requests_begun import BegunRequests

CLIENTS: tuple[type[Any], ...] = (HttpSession, FastHttpSession, LeanHttpSession)


class Server:
    """Redirects /N to /N-1 and answers /0; ``away`` is where the other paths lead."""

    def __init__(self) -> None:
        self.counted = 0
        self.away: dict[str, str] = {}
        self._server = WSGIServer(("127.0.0.1", 0), self._answer, log=None, error_log=None)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.counted += 1
        path = environ["PATH_INFO"]
        if path == "/hang":
            gevent.sleep(60)
        number = re.fullmatch(r"/([1-9])", path)
        location = f"/{int(number[1]) - 1}" if number else self.away.get(path)
        if location:
            start_response("302 Found", [("Location", location), ("Content-Length", "0")])
            return [b""]
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def main() -> None:
    target, other = Server(), Server()
    target.away = {
        "/away": f"{other.url}/0",
        "/and-back": f"{other.url}/back",
        "/by-name": target.url.replace("127.0.0.1", "localhost") + "/0",
        "/absolute": f"{target.url}/1",
        "/endless": "/endless",
        "/refused": f"http://127.0.0.1:{closed_port()}/",
        "/to-hang": "/hang",
    }
    other.away = {"/back": f"{target.url}/0"}
    recorder = Recorder()
    count_redirects(recorder.on_redirect)
    requests = BegunRequests(recorder.on_cut_off)
    for client in CLIENTS:
        requests.watch(client)
    found = {}
    paths = ["/0", "/1", "/3", *target.away]
    for client in CLIENTS:
        for path in paths:
            found[f"{client.__name__} {path}"] = follow(client, target, path, recorder)
        not_followed = follow(client, target, "/3", recorder, allow_redirects=False)
        found[f"{client.__name__} /3 not followed"] = not_followed
    print(json.dumps(found))


def follow(client: type[Any], target: Server, path: str, recorder: Recorder, **options: Any) -> dict[str, int]:
    recorder.reset()
    event, before = EventHook(), target.counted
    event.add_listener(recorder.on_request)
    session = client(target.url, event, None)

    def get() -> None:
        with suppress(gevent.GreenletExit):
            session.get(path, **options)

    user = gevent.spawn(get)
    if path == "/to-hang":
        while target.counted < before + 2:
            gevent.sleep(0.01)
        user.kill()
    user.join(30)
    return {
        "answered": sum(cell.count for key, cell in recorder.cells.items() if key.status),
        "unanswered": sum(cell.count for key, cell in recorder.cells.items() if not key.status),
        "cut_off": recorder.cut_off,
        "redirects": recorder.redirects,
        "elsewhere": recorder.redirects_elsewhere,
        "target": target.counted - before,
    }


if __name__ == "__main__":
    main()
