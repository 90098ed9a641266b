"""The live page's server: loopback only, for reading only, and only under its own address."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.processes.ports import LOOPBACK
from swarmscope.report.html.page import page_js, plotly_js
from swarmscope_exporter.origins import allowed_hosts, is_ours

_HTML, _JSON, _SCRIPT = "text/html; charset=utf-8", "application/json", "text/javascript; charset=utf-8"
#: Plotly is 5 MB, and changes with its package only.
_KEPT, _NOT_KEPT = "private, max-age=86400", "no-store"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'unsafe-inline';"
    " connect-src 'self'; img-src data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SLOWEST_CLIENT_SECONDS = 10.0
_ALLOWED_HOSTS = allowed_hosts(LOOPBACK)


class Content(Protocol):
    """What is served; see `swarmscope.report.live.panels.LivePanels`."""

    def page(self) -> str: ...

    def document(self, keys: list[str]) -> dict[str, object]: ...


class LiveServer(ThreadingHTTPServer):
    """Serves one run's page until it is closed; ``address`` is for people."""

    daemon_threads = True

    def __init__(self, content: Content, port: int = 0) -> None:
        """Raise OSError when the port is taken."""
        super().__init__((LOOPBACK, port), _Handler)
        self.content = content
        self.address = f"http://{LOOPBACK}:{self.server_port}"
        self.names = frozenset({f"{LOOPBACK}:{self.server_port}", f"localhost:{self.server_port}"})

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a browser that goes away in the middle: nothing of the run depends on it."""


@contextmanager
def serving(server: LiveServer) -> Iterator[None]:
    """Answer requests, in threads of this process, while inside."""
    thread = threading.Thread(target=server.serve_forever, name="live-page", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer
    protocol_version = "HTTP/1.1"
    timeout = _SLOWEST_CLIENT_SECONDS

    def do_GET(self) -> None:
        # A page elsewhere could have its own name point here, and would read what its visitor's browser is told.
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        if host not in self.server.names or not is_ours(host, origin, _ALLOWED_HOSTS):
            self._send(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"This page is served to its own address only.\n")
            return
        parts = urlsplit(self.path)
        answer = self._answers().get(parts.path)
        if answer is None:
            self._send(HTTPStatus.NOT_FOUND, "text/plain", b"There is nothing here.\n")
            return
        kind, kept, content = answer
        try:
            body = content(parts.query)
        except PrometheusUnavailableError as error:
            self._send(HTTPStatus.SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", f"{error}\n".encode())
            return
        except Exception as error:  # noqa: BLE001  # a mistake of ours is shown to who looks, not to the run
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, "text/plain; charset=utf-8", f"{error!r}\n".encode())
            return
        self._send(HTTPStatus.OK, kind, body, kept)

    def _answers(self) -> dict[str, tuple[str, str, Callable[[str], bytes]]]:
        content = self.server.content
        return {
            "/": (_HTML, _NOT_KEPT, lambda _: content.page().encode()),
            "/panels.json": (_JSON, _NOT_KEPT, lambda query: _json(content.document(_keys(query)))),
            "/report.js": (_SCRIPT, _NOT_KEPT, lambda _: page_js().encode()),
            "/plotly.min.js": (_SCRIPT, _KEPT, lambda _: plotly_js().encode()),
        }

    def _send(self, status: HTTPStatus, kind: str, body: bytes, kept: str = _NOT_KEPT) -> None:
        self.send_response(status)
        headers = {**_HEADERS, "Content-Type": kind, "Cache-Control": kept, "Content-Length": str(len(body))}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: the terminal belongs to the run."""


def _keys(query: str) -> list[str]:
    return [key for key in ",".join(parse_qs(query).get("keys", [])).split(",") if key]


def _json(document: dict[str, object]) -> bytes:
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
