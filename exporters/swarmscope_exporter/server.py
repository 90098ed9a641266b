"""Serves /metrics on the master, and knows how often it was scraped: so a run can wait until Prometheus watches."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable
from typing import Any

from gevent.pywsgi import WSGIServer
from prometheus_client.registry import Collector

from swarmscope_exporter.exposition import compressed, exposition
from swarmscope_exporter.origins import allowed_hosts, is_ours
from swarmscope_exporter.overhead import SCRAPES, OwnCost

logger = logging.getLogger(__name__)

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class ExporterServer:
    """An HTTP server in a greenlet; to be made after a fork, in the process that serves."""

    def __init__(
        self, collector: Collector, host: str, port: int, own_cost: OwnCost, extra_hosts: Iterable[str] = ()
    ) -> None:
        """``extra_hosts`` are names under which it may be scraped, beyond the machine's and those of loopback.

        Raise OSError when the port cannot be bound.
        """
        self._allowed_hosts = allowed_hosts(host, (socket.gethostname(), *extra_hosts))
        self._collector = collector
        self._app: WsgiApp = self._answer
        self._own_cost = own_cost
        self.scrapes = 0
        self._has_refused = False
        self._server = WSGIServer((host, port), self._handle, log=None)
        self._server.start()
        self.port: int = self._server.server_port

    def _handle(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") != "GET" or environ.get("PATH_INFO") not in {"/metrics", "/"}:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"This exporter serves GET /metrics\n"]
        if not is_ours(environ.get("HTTP_HOST"), environ.get("HTTP_ORIGIN"), self._allowed_hosts):
            return self._refuse(environ, start_response)
        with self._own_cost.timed(SCRAPES):
            body = self._app(environ, start_response)
        self.scrapes += 1
        return body

    def _refuse(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not self._has_refused:  # once: a web page can ask for as long as it is open
            self._has_refused = True
            logger.warning(
                "The exporter refused a request for Host %.100r from Origin %.100r: if this is your Prometheus,"
                " allow the name with --exporter-allowed-hosts",
                environ.get("HTTP_HOST"),
                environ.get("HTTP_ORIGIN"),
            )
        start_response("421 Misdirected Request", [("Content-Type", "text/plain")])
        return [b"This exporter is not served under this name: allow it with --exporter-allowed-hosts\n"]

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body, content_type = exposition(self._collector, environ.get("HTTP_ACCEPT", ""))
        headers = [("Content-Type", content_type)]
        if "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
            body = compressed(body)
            headers.append(("Content-Encoding", "gzip"))
        start_response("200 OK", headers)
        return [body]

    def stop(self) -> None:
        self._server.stop(timeout=1)
