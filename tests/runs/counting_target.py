"""A system under test that redirects, and publishes how many requests it answered."""

from __future__ import annotations

import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class CountingTarget:
    """``with CountingTarget() as target`` redirects /moved, answers 404 below /broken/, and else 200."""

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()
        target, counting = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                if self.path == "/metrics":
                    count = sum(target.answered.values())
                    body = f"# TYPE http_requests_total counter\nhttp_requests_total {count}\n".encode()
                    self.respond(200, body)
                    return
                with counting:
                    target.answered[self.path] += 1
                status = 404 if self.path.startswith("/broken/") else 200
                self.respond(307 if self.path == "/moved" else status, b"")

            def respond(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                if status == 307:
                    self.send_header("Location", "/moved/")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.address}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
