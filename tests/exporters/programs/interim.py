"""Prints as JSON what each client made of interim answers, and of the request that came next on the connection.

python -m tests.exporters.programs.interim [as-locust-does]
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
from locust import FastHttpUser, HttpUser  # isort: skip
from locust.env import Environment  # isort: skip

import json
import sys
from typing import Any

import gevent
from gevent.server import StreamServer

from lean_http import LeanHttpUser
from swarmscope.locust_plugin.interim import read_final_answers
from swarmscope_exporter.recorder import Recorder

USERS: tuple[type[Any], ...] = (HttpUser, FastHttpUser, LeanHttpUser)
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nX-Interim: 1\r\n\r\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
FINAL = HEAD + b"final"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ERROR = b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 5\r\n\r\nerror"
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n"
SECONDS = 0.02  # between two packets

#: What is sent, packet by packet; None closes the connection.
ANSWERS: dict[str, list[bytes | None]] = {
    "/plain": [b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain"],
    "/together": [HINTS + FINAL],
    "/apart": [HINTS, FINAL],
    "/body-apart": [HINTS, HEAD, b"final"],
    "/only-body-apart": [HINTS + HEAD, b"final"],
    "/in-slices": [(HINTS + FINAL)[begin : begin + 9] for begin in range(0, len(HINTS + FINAL), 9)],
    "/twice": [HINTS, HINTS, HINTS + FINAL],
    "/continue": [b"HTTP/1.1 100 Continue\r\n\r\n", HINTS, HEAD, b"final"],
    "/processing": [b"HTTP/1.1 102 Processing\r\n\r\n", HEAD, b"final"],
    "/unknown": [b"HTTP/1.1 199 Whatever\r\n\r\n", HEAD, b"final"],
    "/chunked": [HINTS + CHUNKED, b"2\r\nfi\r\n", b"3\r\nnal\r\n0\r\n\r\n"],
    "/no-content": [HINTS, b"HTTP/1.1 204 No Content\r\n\r\n"],
    "/error": [HINTS, ERROR],
    "/redirect": [HINTS, b"HTTP/1.1 302 Found\r\nLocation: /body-apart\r\nContent-Length: 0\r\n\r\n"],
    "/redirect-in-pieces": [HINTS, b"HTTP/1.1 302 Found\r\nLocation: /only-body-apart\r\nContent-Length: 0\r\n\r\n"],
    "/closed": [HINTS, None],
    "/switch": [SWITCH, b"this is not HTTP", b"nor this"],
    "/hints-and-switch": [HINTS, SWITCH + b"this is not HTTP"],
}


class Server:
    def __init__(self) -> None:
        self.connections = 0
        self._server = StreamServer(("127.0.0.1", 0), self._serve)
        self._server.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _serve(self, sock: Any, _: Any) -> None:
        self.connections += 1
        data = b""
        while True:
            while b"\r\n\r\n" not in data:
                try:
                    block = sock.recv(65536)
                except OSError:
                    return
                if not block:
                    return
                data += block
            request, _, data = data.partition(b"\r\n\r\n")
            method, path = request.decode("latin-1").split(" ")[:2]
            for number, packet in enumerate(ANSWERS[path]):
                if number:
                    gevent.sleep(SECONDS)
                if packet is None:
                    sock.close()
                    return
                try:
                    sock.sendall(packet.replace(b"final", b"") if method == "HEAD" else packet)
                except OSError:
                    return


def main() -> None:
    if "as-locust-does" not in sys.argv:
        read_final_answers()
    found: dict[str, Any] = {}
    for user_class in USERS:
        for method in ("GET", "POST", "HEAD"):
            for path in ANSWERS:
                if method == "GET" or path in {"/apart", "/body-apart", "/twice"}:
                    found[f"{user_class.__name__} {method} {path}"] = ask(user_class, method, path)
    print(json.dumps(found))


def ask(user_class: type[Any], method: str, path: str) -> dict[str, Any]:
    """Return the first request, the one after it, and the connections that both took."""
    server, recorder = Server(), Recorder()
    environment = Environment(host=server.url)
    environment.events.request.add_listener(recorder.on_request)
    user = type("Asking", (user_class,), {"host": server.url, "network_timeout": 1.0})(environment)
    seen: list[Any] = []

    def ask_twice() -> None:
        for wanted in ((method, path), ("GET", "/plain")):
            response = user.client.request(*wanted)
            headers = {name.lower() for name in response.headers or ()}
            seen.append([response.status_code, (response.content or b"").decode(), "x-interim" in headers])
            gevent.sleep(2 * SECONDS)

    gevent.spawn(ask_twice).join(5)
    recorded = sorted([key.method, key.name, key.status, key.error, cell.count] for key, cell in recorder.cells.items())
    return {"seen": seen, "recorded": recorded, "connections": server.connections}


if __name__ == "__main__":
    main()
