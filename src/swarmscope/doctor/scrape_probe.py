"""Answers in the place of a run's exporter, to see whether Prometheus reaches it."""

from __future__ import annotations

import socket
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from swarmscope.processes.ports import LOOPBACK, in_use

DEFAULT_EXPORTER_PORT = 9646
_EVERY_INTERFACE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104  # compared, not bound


@dataclass(frozen=True)
class ExporterAddress:
    """Where the exporter of a run listens."""

    port: int = DEFAULT_EXPORTER_PORT
    host: str = LOOPBACK

    @property
    def scraped(self) -> str:
        """The address for a scrape configuration; of an exporter on every interface, by the name of this machine."""
        host = socket.gethostname() if self.host in _EVERY_INTERFACE else self.host
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    @property
    def in_use(self) -> bool:
        return in_use(self.port)


def first_scrape(address: ExporterAddress, timeout_seconds: float) -> float | None:
    """Return after how many seconds Prometheus asked for metrics there; None when it did not, or the port is taken."""
    asked = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("User-Agent", "").startswith("Prometheus"):
                asked.set()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    begin = time.monotonic()
    try:
        server = ThreadingHTTPServer((address.host, address.port), Handler)
    except OSError:
        return None
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        return time.monotonic() - begin if asked.wait(timeout_seconds) else None
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
