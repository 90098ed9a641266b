"""A system under test that misbehaves on command, in the process of the test."""

from __future__ import annotations

import threading
import time
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

BODY = b'{"items": [1, 2, 3]}'


class Behaviour(StrEnum):
    ANSWER = "answer"
    HANG = "hang"  #: accepts, reads, and never answers
    EMPTY = "empty"  #: status 200 and nothing in it
    CLOSE = "close"  #: reads, and closes the connection
    FAIL = "fail"  #: status 500


class Target:
    """``with Target() as target`` serves GET on every path, as ``target.behaviour`` says at that moment.

    /metrics has the number of its other answers, as ``http_requests_total``.
    """

    def __init__(self) -> None:
        self.behaviour = Behaviour.ANSWER
        self.delay_seconds = 0.0  #: before each answer
        self.answered = 0
        self._released = threading.Event()
        self._counting = threading.Lock()
        target = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                target.handle(self)

            def log_message(self, *_: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        """Answer one request, or do not."""
        if request.path == "/metrics":
            self._send(request, 200, f"http_requests_total {self.answered}\n".encode(), "text/plain; version=0.0.4")
            return
        behaviour = self.behaviour
        time.sleep(self.delay_seconds)
        if behaviour is Behaviour.HANG:
            self._released.wait()
        if behaviour in {Behaviour.HANG, Behaviour.CLOSE}:
            request.close_connection = True
            return
        body = b"" if behaviour is Behaviour.EMPTY else BODY
        self._send(request, 500 if behaviour is Behaviour.FAIL else 200, body, "application/json")
        with self._counting:
            self.answered += 1

    @staticmethod
    def _send(request: BaseHTTPRequestHandler, status: int, body: bytes, content_type: str) -> None:
        request.send_response(status)
        request.send_header("Content-Type", content_type)
        request.send_header("Content-Length", str(len(body)))
        request.send_header("Connection", "close")  # each request finds its way anew
        request.end_headers()
        request.wfile.write(body)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
