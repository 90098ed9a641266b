"""A system under test that redirects, and publishes how many requests it answered."""

from __future__ import annotations

import socket
import ssl
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


class CountingTarget:
    """``with CountingTarget() as target`` redirects /moved, answers 404 below /broken/, and else 200.

    ``host`` is the address that it listens on, of IPv4 or IPv6; with ``tls`` it speaks https, its metrics too.
    """

    def __init__(self, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> None:
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

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
            daemon_threads = True

            def finish_request(self, request: Any, client_address: Any) -> None:
                # The handshake is in the thread of the connection: another one need not wait for it.
                super().finish_request(tls.wrap_socket(request, server_side=True) if tls else request, client_address)

            def handle_error(self, *_: Any) -> None:
                return  # a client that does not take the certificate

        self._server = Server((host, 0), Handler)
        self.address = f"{f'[{host}]' if ':' in host else host}:{self._server.server_port}"
        self.url = f"{'https' if tls else 'http'}://{self.address}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
