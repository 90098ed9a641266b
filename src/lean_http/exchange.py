"""Sends a request and reads its answer, over a connection of geventhttpclient's pool.

An answer in the ordinary form (HTTP/1.1, a Content-Length, headers in one packet) is read here; whatever else arrives
is handed to geventhttpclient's parser with the bytes read so far, so that it is understood exactly as by FastHttpUser.
"""

from __future__ import annotations

import errno
import re
import time
from typing import Any, NamedTuple

from geventhttpclient.client import IDEMPOTENT_METHODS
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError, HTTPResponse, HTTPSocketPoolResponse
from locust.contrib.fasthttp import FAILURE_EXCEPTIONS

from lean_http.compose import Composed
from lean_http.interim import FinalResponse

_BLOCK_BYTES = 16 * 1024
_LARGE_BLOCK_BYTES = 256 * 1024

#: Status line and headers of a final answer, as the strict parser accepts them.
_HEAD = re.compile(
    rb"HTTP/1\.1 ([2-5]\d\d) [\t\x20-\x7e\x80-\xff]*\r\n"
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n"
)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d{1,15})(?=\r)")
_CONNECTION = re.compile(rb"\r\nconnection: *([^\r]*)")
_ENCODING = re.compile(rb"\r\ncontent-encoding: *([^\r]*)")
_KEEPS = {b"keep-alive": True, b"close": False}
#: What only the parser understands.
_UNUSUAL = re.compile(rb"\r\n(?:transfer-encoding|upgrade|proxy-connection):")
_WITHOUT_BODY = frozenset((204, 304))


class Framing(NamedTuple):
    """How long the body is, and whether the connection can be used again after it."""

    body_bytes: int
    keeps: bool
    is_gzip: bool
    sets_cookies: bool


class Answer(NamedTuple):
    """What arrived. ``error`` is why the body is incomplete, ``head_at`` the clock when the head was read."""

    status: int
    head: bytes
    body: bytes
    framing: Framing
    head_at: float
    error: Exception | None = None


def exchange(composed: Composed) -> Answer | HTTPSocketPoolResponse:
    """Send and receive; raise what geventhttpclient's client would, and repeat a request only where it would.

    Whatever ends it early, a kill of the greenlet included, closes the connection: the next request has a fresh one.
    """
    pool = composed.client._connection_pool  # its client's request() is what is replaced here
    attempts_left = pool.size + 1 if composed.method in IDEMPOTENT_METHODS else 0
    while True:
        try:
            return _attempt(pool, composed)
        except _LostConnectionError as lost:
            if attempts_left == 0:
                raise lost.cause from None
            attempts_left -= 1


class _LostConnectionError(Exception):
    """The server closed the connection before it answered: the request may be repeated if it is idempotent."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


def _attempt(pool: ConnectionPool, composed: Composed) -> Answer | HTTPSocketPoolResponse:
    sock = pool.get_socket()
    try:
        sent = sock.send(composed.data)
        if sent < len(composed.data):
            sock.sendall(memoryview(composed.data)[sent:])
    except OSError as error:
        if error.errno not in (errno.ECONNRESET, errno.EPIPE):
            pool.release_socket(sock)
            raise
        return _parsed(sock, pool, composed, b"", repeatable=(OSError, HTTPParseError))  # it may have answered before
    except BaseException:
        pool.release_socket(sock)
        raise
    return _receive(sock, pool, composed)


def _receive(sock: Any, pool: ConnectionPool, composed: Composed) -> Answer | HTTPSocketPoolResponse:
    try:
        data = sock.recv(_BLOCK_BYTES)
    except BaseException as error:
        pool.release_socket(sock)
        if isinstance(error, OSError) and error.errno == errno.ECONNRESET:
            raise _LostConnectionError(HTTPConnectionClosed("connection closed.")) from error
        raise
    if not data:
        pool.release_socket(sock)
        raise _LostConnectionError(HTTPConnectionClosed("connection closed."))
    head = _HEAD.match(data)
    framing = _framing(head[0], int(head[1]), composed.method) if head else None
    if head is None or framing is None or len(data) - head.end() > framing.body_bytes:
        return _parsed(sock, pool, composed, data)
    return _read_body(sock, pool, composed.method, data, head, framing)


def _parsed(
    sock: Any,
    pool: ConnectionPool,
    composed: Composed,
    data: bytes,
    repeatable: tuple[type[Exception], ...] = (HTTPConnectionClosed,),
) -> HTTPSocketPoolResponse:
    try:
        return FinalResponse(
            sock, pool, block_size=composed.client.block_size, method=composed.method, pre_buffered=data
        )
    except repeatable as error:
        raise _LostConnectionError(error) from error


def _framing(head: bytes, status: int, method: str) -> Framing | None:
    """Return how the answer ends; None when that is not as simple as a Content-Length."""
    head = head.lower()
    if _UNUSUAL.search(head):
        return None
    connections = _CONNECTION.findall(head)
    keeps = _KEEPS.get(connections[0]) if connections else True
    lengths = _LENGTH.findall(head)
    encoding = _ENCODING.search(head)
    if keeps is None or len(connections) > 1 or (encoding is not None and encoding[1] != b"gzip"):
        return None
    if len(lengths) != head.count(b"\r\ncontent-length:") or len(lengths) > 1:
        return None
    if method == "HEAD" or status in _WITHOUT_BODY:
        body_bytes = 0
    elif lengths:
        body_bytes = int(lengths[0])
    else:
        return None
    return Framing(body_bytes, keeps, encoding is not None, b"\r\nset-cookie" in head)


def _read_body(
    sock: Any, pool: ConnectionPool, method: str, data: bytes, head: re.Match[bytes], framing: Framing
) -> Answer:
    head_at, error = time.perf_counter(), None
    body = data[head.end() :]
    if len(body) < framing.body_bytes:
        body, error = _read_rest(sock, pool, method, head[0], body, framing.body_bytes)
    if error is None:
        (pool.return_socket if framing.keeps else pool.release_socket)(sock)
    return Answer(int(head[1]), head[0], body, framing, head_at, error)


def _read_rest(
    sock: Any, pool: ConnectionPool, method: str, head: bytes, body: bytes, length: int
) -> tuple[bytes, Exception | None]:
    """Return the whole body, or what arrived of it and the error that ended it; the connection is closed then."""
    received = bytearray(body)
    try:
        while (missing := length - len(received)) > 0:
            block = sock.recv(min(missing, _LARGE_BLOCK_BYTES))
            if not block:
                raise _truncated(method, head + received)  # noqa: TRY301  # handled like what recv raises
            received += block
    except BaseException as error:
        pool.release_socket(sock)
        if not isinstance(error, FAILURE_EXCEPTIONS):
            raise
        return bytes(received), error  # a gevent.Timeout, too: no Exception, and handled alike
    return bytes(received), None


def _truncated(method: str, data: bytes) -> Exception:
    """Return what the parser has to say about an answer that ends too early."""
    parser = HTTPResponse(method)
    try:
        parser.feed(data)
        parser.feed(b"")
    except HTTPParseError as error:
        return error
    return HTTPParseError("connection closed before end of the body")
