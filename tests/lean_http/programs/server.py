"""A server that answers as its paths say, and remembers every byte it was sent."""

from __future__ import annotations

import gzip
import re
import socket
import struct
import zlib
from typing import Any

import brotli  # type: ignore[import-untyped]
import gevent
from gevent.server import StreamServer

BODY = b'{"id": 1, "text": "gr\xc3\xbc\xc3\x9fe"}'
LARGE = bytes(range(256)) * 4096
HANG_SECONDS = 3.0


def answer(body: bytes, *lines: str, status: str = "200 OK") -> bytes:
    head = "".join(f"{line}\r\n" for line in (f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines))
    return head.encode() + b"\r\n" + body


def chunked(body: bytes, *lines: str) -> bytes:
    head = "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *lines)).encode()
    middle = len(body) // 2
    blocks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:middle], body[middle:]) if part)
    return head + b"\r\n" + blocks + b"0\r\n\r\n"


JSON = "Content-Type: application/json"
ANSWERS: dict[str, bytes] = {
    "plain": answer(BODY, JSON),
    "empty": answer(b""),
    "latin": answer("grüße".encode("latin-1"), "Content-Type: text/plain; charset=iso-8859-1"),
    "untyped": answer("grüße".encode()),
    "lower": answer(BODY, JSON).replace(b"Content-Length", b"content-length").replace(b"Content-Type", b"content-type"),
    "spaces": answer(BODY, "X-Spaces:   around \t", "X-Empty:", JSON),
    "repeated": answer(BODY, "X-Many: 1", "X-Many: 2"),
    "large": answer(LARGE),
    "chunked": chunked(BODY, JSON),
    "chunked-gzip": chunked(gzip.compress(BODY), "Content-Encoding: gzip", JSON),
    "chunked-empty": chunked(b""),
    "gzip": answer(gzip.compress(BODY), "Content-Encoding: gzip", JSON),
    "gzip-upper": answer(gzip.compress(BODY), "Content-Encoding: GZIP", JSON),
    "gzip-broken": answer(b"no gzip at all", "Content-Encoding: gzip"),
    "deflate": answer(zlib.compress(BODY), "Content-Encoding: deflate", JSON),
    "br": answer(brotli.compress(BODY), "Content-Encoding: br", JSON),
    "identity": answer(BODY, "Content-Encoding: identity", JSON),
    "unknown-encoding": answer(BODY, "Content-Encoding: zstd"),
    "binary-error": answer(b"\xff\xfe", status="404 Not Found"),
    "no-content": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    "not-modified": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 20\r\n\r\n",
    "hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(BODY, JSON),
    "http10": answer(BODY, JSON).replace(b"HTTP/1.1", b"HTTP/1.0"),
    "no-reason": answer(BODY, JSON, status="200 "),
    "two-lengths": answer(BODY, f"Content-Length: {len(BODY)}"),
    "two-different-lengths": answer(BODY, "Content-Length: 3"),
    "two-connections": answer(BODY, "Connection: keep-alive", "Connection: close"),
    "connection-list": answer(BODY, "Connection: keep-alive, close"),
    "proxy-connection": answer(BODY, "Proxy-Connection: close"),
    "upgrade": answer(BODY, "Upgrade: h2c", "Connection: upgrade"),
    "no-status-text": answer(BODY).replace(b"200 OK", b"200"),
    "folded": answer(BODY, "X-Folded: a\r\n b"),
    "garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
    "bad-header": answer(BODY, "Bad Header: 1"),
    "too-long": answer(BODY) + b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "cookie": answer(b"", "Set-Cookie: session=abc; Path=/", "Set-Cookie: other=1; Path=/elsewhere"),
    "no-cookie": answer(b"", "Set-Cookie: session=; Path=/; Max-Age=0"),
}
#: Sent, and then the connection is closed.
CLOSING: dict[str, bytes] = {
    "close": answer(BODY, "Connection: close"),
    "close-untold": answer(BODY),
    "until-closed": b"HTTP/1.1 200 OK\r\n\r\n" + BODY,
    "truncated": answer(LARGE, JSON)[:5000],
    "truncated-head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "truncated-chunks": chunked(BODY)[:-9],
    "drop": b"",
}


class Server:
    """Remembers what came in, by connection."""

    def __init__(self, **options: Any) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self._server = StreamServer(("127.0.0.1", 0), self._serve, **options)
        self._server.start()
        self.port: int = self._server.server_port
        self.other_port = self.port

    def _serve(self, sock: Any, _: Any) -> None:
        self.connections += 1
        while request := read_request(sock):
            self.requests.append(request)
            method, target = request.split(b"\r\n", 1)[0].decode("latin-1").split(" ")[:2]
            if not self._answer(sock, method, target):
                break
        sock.close()

    def _answer(self, sock: Any, method: str, target: str) -> bool:
        """Answers; False closes the connection."""
        name, _, rest = target.partition("?")[0].lstrip("/").partition("/")
        if special := getattr(self, f"_{name.replace('-', '_')}", None):
            return bool(special(sock, target, rest))
        data = ANSWERS.get(name) or CLOSING.get(name, answer(b"no such path", status="404 Not Found"))
        if method == "HEAD":
            data = data[: data.find(b"\r\n\r\n") + 4]
        sock.sendall(data)
        return name not in CLOSING

    def _status(self, sock: Any, _: str, rest: str) -> bool:
        sock.sendall(answer(BODY, JSON, status=f"{rest} Whatever"))
        return True

    def _redirect(self, sock: Any, target: str, rest: str) -> bool:
        location = target.partition("?")[2].replace("OTHER", str(self.other_port)).replace("HERE", str(self.port))
        sock.sendall(answer(b"gone", f"Location: {location}", "Set-Cookie: hop=1", status=f"{rest} Moved"))
        return True

    def _loop(self, sock: Any, *_: str) -> bool:
        sock.sendall(answer(b"gone", "Location: /loop", status="302 Found"))
        return True

    def _slices(self, sock: Any, *_: str) -> bool:
        for begin in range(0, len(ANSWERS["plain"]), 7):
            sock.sendall(ANSWERS["plain"][begin : begin + 7])
            gevent.sleep(0.002)
        return True

    def _late_body(self, sock: Any, *_: str) -> bool:
        head, separator, body = ANSWERS["plain"].partition(b"\r\n\r\n")
        sock.sendall(head + separator)
        gevent.sleep(0.02)
        sock.sendall(body)
        return True

    def _hang(self, *_: Any) -> bool:
        gevent.sleep(HANG_SECONDS)
        return False

    def _hang_body(self, sock: Any, _: str, rest: str) -> bool:
        sock.sendall(answer(BODY, status=f"{rest or 200} Slow")[:-5])
        return self._hang()

    def _reset(self, sock: Any, *_: str) -> bool:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    def _later_garbage(self, sock: Any, *_: str) -> bool:
        """Bytes nobody asked for arrive while the connection is idle."""
        sock.sendall(answer(BODY))
        gevent.sleep(0.01)
        sock.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        return True

    def _drop_first(self, sock: Any, *_: str) -> bool:
        """Answer on a second connection only."""
        if self.connections == 1:
            return False
        sock.sendall(ANSWERS["plain"])
        return True

    def stop(self) -> None:
        self._server.stop()


def read_request(sock: Any) -> bytes:
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            if not (block := sock.recv(65536)):
                return b""
            data += block
        if b" /deaf " in data:
            gevent.sleep(HANG_SECONDS)
            return b""
        length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", data)
        end = data.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
        while len(data) < end or (b"ransfer-encoding: chunked" in data.lower() and not data.endswith(b"0\r\n\r\n")):
            data += sock.recv(65536)
    except OSError:
        return b""
    return data


def full_backlog(blockers: list[Any]) -> int:
    """Return a port at which nobody accepts and nobody else gets in."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    blockers.append(listener)
    for _ in range(4):
        blocker = socket.socket()
        blocker.setblocking(False)
        blocker.connect_ex(listener.getsockname())
        blockers.append(blocker)
    return int(listener.getsockname()[1])


def closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])
