"""An HTTP server that lets everybody in, and answers everything else with a right status and a wrong body."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

TOKENS = {"access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 900}


class Impostor:
    """The server; ``with Impostor() as target`` runs it."""

    def __init__(self) -> None:
        self.requests = 0
        impostor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                impostor.requests += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = json.dumps(TOKENS if self.path == "/api/auth/login" else {"unexpected": True}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Impostor:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
