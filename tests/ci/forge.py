"""A server that plays the comments of GitHub's and GitLab's API."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Any, Self

TOKEN = "a-token"  # of a server of this test


class Forge:
    """Keeps comments by their ids; ``status`` is what it answers with instead, where that is set."""

    def __init__(self) -> None:
        self.token = TOKEN
        self.comments: dict[int, str] = {}
        self.asked: list[str] = []
        self.status = 0
        self.failures = 0  #: so many requests are answered with 503 first
        self._ids = count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        if self.failures:
            self.failures -= 1
            return 503, {}
        if self.status:
            return self.status, {"message": "no"}
        if token.removeprefix("Bearer ") != TOKEN:
            return 401, {"message": "Bad credentials"}
        if method == "GET":
            page = int(path.rpartition("page=")[2])
            rows = [{"id": number, "body": text} for number, text in self.comments.items()]
            return 200, rows[100 * (page - 1) : 100 * page]
        number = next(self._ids) if method == "POST" else int(path.rpartition("/")[2])
        self.comments[number] = body["body"]
        return 201 if method == "POST" else 200, {"id": number, "html_url": f"{self.url}/comment-{number}"}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                token = self.headers.get("Authorization") or self.headers.get("PRIVATE-TOKEN") or ""
                body = json.loads(self.rfile.read(length) or b"{}")
                status, document = forge.answer(self.command, self.path, token, body)
                answer = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_POST = do_PATCH = do_PUT = do  # noqa: N815  # as the base class has them

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
