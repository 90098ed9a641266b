"""What a client that means harm gets: a refusal, while everybody else is served."""

from __future__ import annotations

import base64
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

import httpx
import pytest

from tests.api.harness import ApiProcess, Headers, samples

pytestmark = pytest.mark.real

LONG = b"a" * 100_000


@contextmanager
def connection_to(api: ApiProcess) -> Iterator[socket.socket]:
    parts = urlsplit(api.url)
    with closing(socket.create_connection((parts.hostname, parts.port), 15)) as connection:
        yield connection


def answer_to(api: ApiProcess, raw: bytes) -> bytes:
    """Return the first line that comes back; empty when the connection was closed without one."""
    with connection_to(api) as connection:
        try:
            connection.sendall(raw)
            return connection.recv(65536).split(b"\r\n")[0]
        except OSError:  # closed while we were still sending
            return b""


def still_serves(client: httpx.Client, headers: Headers) -> None:
    answer = client.post("/api/chat", headers=headers, json={"message": "What is gout?"})
    assert answer.status_code == 200
    assert "gout" in answer.json()["answer"].casefold()


@pytest.mark.parametrize(
    "raw",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 10 + b"\r\n\r\n",
        b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Nul: a\x00b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX Y: a\r\n\r\n",
        b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST /api/chat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
    ids=["nonsense", "tls", "version", "no-colon", "nul", "space", "negative", "two-lengths", "chunk"],
)
def test_what_is_no_http_is_refused(api: ApiProcess, client: httpx.Client, regular: Headers, raw: bytes) -> None:
    assert answer_to(api, raw) in {b"HTTP/1.1 400 Bad Request", b""}
    still_serves(client, regular)


def test_a_length_beside_a_chunked_body_smuggles_no_second_request(api: ApiProcess, client: httpx.Client) -> None:
    before = samples(client, "http_requests_total")
    raw = (
        b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /api/admin/dashboard HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    answer_to(api, raw)
    after = samples(client, "http_requests_total")
    smuggled = {key for key in after if "/api/admin/dashboard" in key and after[key] != before.get(key, 0)}
    assert smuggled == set()


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer " + "a" * 50_000},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "Bearer a.b.c\tBearer d"},
        {"Authorization": "Basic " + base64.b64encode(b"admin:admin").decode()},
    ],
    ids=["long", "no-ascii", "two", "basic"],
)
def test_a_hostile_token_is_401(client: httpx.Client, headers: Headers) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    assert client.get("/api/auth/me", headers=raw).status_code == 401


def test_headers_that_a_proxy_would_set_change_nothing(client: httpx.Client, regular: Headers) -> None:
    claims = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-User": "admin", "X-HTTP-Method-Override": "DELETE"}
    mine = client.get("/api/auth/me", headers=regular).json()
    assert client.get("/api/auth/me", headers={**regular, **claims}).json() == mine
    assert client.get("/api/admin/dashboard", headers={**regular, **claims}).status_code == 403


@pytest.mark.parametrize(
    ("header", "value"),
    [("X-Long", LONG), ("Cookie", LONG), ("Host", LONG)],
)
def test_a_header_without_an_end_ends_the_connection_and_no_other(
    api: ApiProcess, client: httpx.Client, regular: Headers, header: str, value: bytes
) -> None:
    raw = b"GET /health HTTP/1.1\r\n" + header.encode() + b": " + value
    assert answer_to(api, raw * 3) in {
        b"HTTP/1.1 400 Bad Request",
        b"HTTP/1.1 431 Request Header Fields Too Large",
        b"",
    }
    still_serves(client, regular)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"message":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"message":"\\ud800"}',
        b'{"message":"x","message":{"$ne":null}}',
        b'{"message":1e400}',
        b"\xff\xfe{}",
        b"\x1f\x8b\x08\x00" + b"\x00" * 1000,
    ],
    ids=["brackets", "nested", "surrogate", "twice", "infinity", "utf-16", "gzip"],
)
def test_json_that_is_a_trap_is_422(client: httpx.Client, regular: Headers, body: bytes) -> None:
    headers = {**regular, "Content-Type": "application/json"}
    assert client.post("/api/chat", headers=headers, content=body).status_code == 422
    still_serves(client, regular)


def test_words_of_sql_in_a_filter_are_a_value(client: httpx.Client, regular: Headers) -> None:
    evil = "x' OR '1'='1'; DROP TABLE leads; --"
    assert client.get("/api/leads", headers=regular, params={"status": evil}).status_code == 422
    assert client.get("/api/leads", headers=regular).status_code == 200


def _frame(first: int, payload: bytes = b"", *, masked: bool = True, length: int | None = None) -> bytes:
    """Return a WebSocket frame, also one that the protocol forbids."""
    size = len(payload) if length is None else length
    mask = 0x80 if masked else 0
    head = bytes([first])
    if size < 126:
        head += bytes([mask | size])
    elif size < 65536:
        head += bytes([mask | 126]) + struct.pack("!H", size)
    else:
        head += bytes([mask | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    key = b"\x01\x02\x03\x04"
    return head + key + bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (_frame(0x81, b"{}", masked=False), 1002),
        (_frame(0x83, b"{}"), 1002),
        (_frame(0xF1, b"{}"), 1002),
        (_frame(0x80, b"{}"), 1002),
        (_frame(0x89, b"p" * 200), 1002),
        (_frame(0x81, b"\xff\xfe"), 1007),
        (_frame(0x81, length=2**40), 1009),
        (_frame(0x01, b"x" * 60_000) + _frame(0x00, b"x" * 60_000), 1009),
    ],
    ids=["unmasked", "opcode", "reserved-bits", "continuation", "long-ping", "no-utf-8", "terabyte", "fragments"],
)
def test_a_frame_that_the_protocol_forbids_closes_the_connection_with_its_code(
    api: ApiProcess, client: httpx.Client, regular: Headers, frame: bytes, code: int
) -> None:
    with connection_to(api) as connection:
        key = base64.b64encode(os.urandom(16))
        connection.sendall(
            b"GET /api/realtime/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key + b"\r\n\r\n"
        )
        assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")
        connection.sendall(frame)
        assert _close_code(connection) == code
    still_serves(client, regular)


def _close_code(connection: socket.socket) -> int:
    """Return the code of the close frame that the server sends, which may follow other frames."""
    received = b""
    while chunk := connection.recv(4096):
        received += chunk
        rest = received
        while len(rest) >= 2 and len(rest) >= 2 + rest[1]:  # the server's frames here are short
            if rest[0] & 0x0F == 8:
                return int(struct.unpack("!H", rest[2:4])[0])
            rest = rest[2 + rest[1] :]
    raise AssertionError(f"closed without a close frame after {received!r}")
