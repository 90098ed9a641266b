"""Writes a request as the very bytes that FastHttpUser sends, without its URL objects and copies of headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from geventhttpclient.client import HTTPClient
from geventhttpclient.header import Headers
from geventhttpclient.url import URL
from geventhttpclient.useragent import CompatRequest
from locust.contrib.fasthttp import LocustUserAgent

from lean_http.sockets import use_any_file_number

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_TARGET = re.compile(r"[^\x00-\x20\x7f]*")
#: A path and a query that neither parsing nor quoting would change.
_PLAIN_TARGET = re.compile(r"/(?!/)[A-Za-z0-9\-._~!$&'()*+,/:=@]*(?:\?[A-Za-z0-9\-._~!$&'()*+,/:=?@]+)?")
_BODY_METHODS = frozenset(("POST", "PUT", "PATCH"))
#: These change how a body is sent: FastHttpUser knows how.
_FRAMING = frozenset(("content-length", "expect", "transfer-encoding"))
_PARSED_URLS = 2048

Key = tuple[str, int | None]


class Destination(NamedTuple):
    """Which connection pool a request goes to (``key``), and what stands in its first line."""

    key: Key
    url: URL
    target: str


class Composed(NamedTuple):
    """A request that is ready to be sent."""

    client: HTTPClient
    method: str
    data: bytes


class Composer:
    """Composes the requests of one session."""

    __slots__ = ("_agent", "_base", "_base_url", "_host", "_lines", "_lines_of", "_origin")

    def __init__(self, agent: LocustUserAgent) -> None:
        self._agent = agent
        self._base_url: str | None = None
        self._base: Destination | None = None
        self._origin = ""
        self._lines: dict[str, str] | None = {}
        self._lines_of: tuple[HTTPClient, Headers, Headers] | None = None
        self._host = ""

    def compose(
        self, method: str, base_url: str | None, url: str, headers: Mapping[str, Any], payload: Any, params: Any
    ) -> Composed | None:
        """Return the request to an absolute URL as bytes; None when it is out of the ordinary, or would be refused."""
        destination = self._destination(base_url, url, params)
        if destination is None:
            return None
        client = self._client(destination)
        lines = self._default_lines(client)
        if lines is None or not _merge(lines, headers):
            return None
        method = method.upper()
        body = _add_body(lines, payload)
        if body is None or not _NAME.fullmatch(method) or not self._add_cookies(lines, url, params):
            return None
        if "host" not in lines:
            lines["host"] = self._host
        if "content-length" not in lines and (body or method in _BODY_METHODS):
            lines["content-length"] = f"Content-Length: {len(body)}\r\n"
        head = f"{method} {destination.target} HTTP/1.1\r\n{''.join(lines.values())}\r\n"
        return Composed(client, method, head.encode("latin-1") + body)

    def _destination(self, base_url: str | None, url: str, params: Any) -> Destination | None:
        if params is not None:
            return _parse(URL(url, params=params))
        if self._base_url is not base_url:
            self._base_url = base_url
            self._base = None if base_url is None else _parse_cached(base_url)
            self._origin = "" if self._base is None else f"{self._base.url.scheme}://{self._base.url.netloc}"
        if self._base is not None and url.startswith(self._origin):
            length = len(self._origin)
            if _PLAIN_TARGET.fullmatch(url, length):
                return Destination(self._base.key, self._base.url, url[length:])
        return _parse_cached(url)

    def _client(self, destination: Destination) -> HTTPClient:
        pool = self._agent.clientpool
        client = pool.clients.get(destination.key)
        if client is None:
            client = pool.get_client(destination.url)
            use_any_file_number(client)
        return client

    def _default_lines(self, client: HTTPClient) -> dict[str, str] | None:
        """Return a fresh copy of the lines that each request has; None when there are some that a line cannot hold."""
        of = self._lines_of
        if (
            of is None
            or of[0] is not client
            or not dict.__eq__(of[1], self._agent.default_headers)
            or not dict.__eq__(of[2], client.default_headers)
        ):
            self._lines_of = client, self._agent.default_headers.copy(), client.default_headers.copy()
            self._host = _host_line(client)
            merged: dict[str, str] = {}
            possible = client.version == HTTPClient.HTTP_11 and not client.use_proxy
            possible = (
                possible and _merge(merged, client.default_headers) and _merge(merged, self._agent.default_headers)
            )
            self._lines = merged if possible else None
        return self._lines.copy() if self._lines is not None else None

    def _add_cookies(self, lines: dict[str, str], url: str, params: Any) -> bool:
        jar: Any = self._agent.cookiejar
        if jar is None or not jar._cookies:  # iterating over an empty jar costs 20 times that
            return True
        if "cookie" in lines:
            return False
        request = CompatRequest(url, headers=Headers(), params=params)
        jar.add_cookie_header(request)
        return _merge(lines, request.headers)


@lru_cache(_PARSED_URLS)
def _parse_cached(url: str) -> Destination | None:
    return _parse(URL(url))


def _parse(url: URL) -> Destination | None:
    try:
        key, target = (url.host, url.port), url.quoted_uri
    except ValueError:
        return None  # a port that is not a number
    if url.scheme not in ("http", "https") or not url.host:
        return None
    if not target.startswith("/"):
        target = f"/{target}"
    return Destination(key, url, target) if not target.startswith("//") and _TARGET.fullmatch(target) else None


def _host_line(client: HTTPClient) -> str:
    host = f"[{client.host}]" if ":" in client.host and client.host[0] != "[" else client.host
    return f"Host: {host}\r\n" if client.port in (80, 443) else f"Host: {host}:{client.port}\r\n"


def _merge(lines: dict[str, str], headers: Mapping[str, Any]) -> bool:
    """Add or replaces lines, by their lower-case name; False when FastHttpUser has to look at them."""
    for name, value in headers.items():
        if type(name) is not str or type(value) is not str:
            return False
        lower = name.lower()
        if lower in _FRAMING or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            return False
        lines[lower] = f"{name}: {value}\r\n"
    return True


def _add_body(lines: dict[str, str], payload: Any) -> bytes | None:
    """Return the body, its type added to the lines where there is none; None when it has to be sent piece by piece."""
    if not payload:
        return b""
    untyped = "content-type" not in lines
    if isinstance(payload, dict):
        body = urlencode(payload).encode()
        if untyped:
            lines["content-type"] = "content-type: application/x-www-form-urlencoded; charset=utf-8\r\n"
        lines["content-length"] = f"content-length: {len(body)}\r\n"
        return body
    if isinstance(payload, str):
        body = payload.encode()
        if untyped:
            lines["content-type"] = "content-type: text/plain; charset=utf-8\r\n"
            lines["content-length"] = f"content-length: {len(body)}\r\n"
        return body
    if isinstance(payload, bytes):
        if untyped:
            lines["content-type"] = "content-type: application/octet-stream\r\n"
        return payload
    return None
