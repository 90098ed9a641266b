"""An HTTP server on loopback that writes down what it is asked, and answers as it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ADDED = b'{"message": "Annotation added", "id": 1}'


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    authorization: str | None
    body: dict[str, object]


@dataclass
class WebServer:
    """``release`` lets a server that is slow answer."""

    status: int = 200
    answer: bytes = ADDED
    headers: dict[str, str] = field(default_factory=dict)
    is_slow: bool = False
    asked: list[Asked] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    url: str = ""

    def take(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        self.asked.append(
            Asked(handler.command, handler.path, handler.headers.get("Authorization"), json.loads(body or b"{}"))
        )
        if self.is_slow:
            self.release.wait(30)
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.answer)))
        handler.end_headers()
        handler.wfile.write(self.answer)


@contextmanager
def serving(server: WebServer) -> Iterator[WebServer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.take(self)

        do_POST = do_GET  # noqa: N815  # as the base class calls it

        def log_message(self, *_: object) -> None:
            return

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http_server.daemon_threads = True
    http_server.handle_error = lambda *_: None  # type: ignore[method-assign]  # whoever asked did not wait for the answer
    thread = threading.Thread(target=http_server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{http_server.server_port}"
    try:
        yield server
    finally:
        server.release.set()
        http_server.shutdown()
        http_server.server_close()
        thread.join()
