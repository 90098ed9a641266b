"""A server that stands still once: what a load test reports of it tells from which moment the test takes its times.

    python -m benchmarks.stalling_server PORT [--after 20] [--hang 5] [--answer-ms 2] [--log FILE]

It answers each request after two milliseconds. Twenty seconds after its first request it stops answering for five
seconds, while it goes on accepting connections and reading requests; then it answers all that wait at once, and
does not stop again. asyncio rounds delays up to milliseconds, so an answer takes between 2 and 3.5 ms.

The hang counts from the first request, so nothing may ask whether the server is up: it prints a line once it listens.
SIGTERM and Ctrl-C end it, and then --log has one line for each request: when it arrived, in seconds since the first.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import resource
import signal
import socket
from array import array
from collections.abc import Sequence
from pathlib import Path

_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n"
_REFUSAL = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_HEAD_BYTES = 65_536
#: Connections that wait to be accepted: a burst of new ones may be large while the server stands still.
_BACKLOG = 4096
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n|$)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[ \t]*(close|keep-alive)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


class StallingServer:
    """When to answer, and when each request arrived; times are those of the event loop, in seconds."""

    def __init__(self, after: float, hang: float, delay: float) -> None:
        self.after, self.hang, self.delay = after, hang, delay
        self.loop = asyncio.get_running_loop()
        self.arrivals = array("d")
        self._stands_still = False
        self._waiting: list[Connection] = []

    def request_arrived(self, connection: Connection) -> None:
        """Note the time, and answer when the time for it has come."""
        now = self.loop.time()
        if not self.arrivals and self.hang > 0:
            self.loop.call_at(now + self.after, self._stop_answering)
            self.loop.call_at(now + self.after + self.hang, self._answer_again)
        self.arrivals.append(now)
        self.loop.call_at(now + self.delay, self._answer, connection)

    def _answer(self, connection: Connection) -> None:
        if self._stands_still:
            self._waiting.append(connection)
        else:
            connection.answer()

    def _stop_answering(self) -> None:
        self._stands_still = True

    def _answer_again(self) -> None:
        self._stands_still = False
        waiting, self._waiting = self._waiting, []
        for connection in waiting:
            connection.answer()

    def write_log(self, path: Path) -> None:
        """One line for each request: microseconds matter, as there may be thousands a second."""
        with path.open("w") as log:
            log.writelines(f"{arrival - self.arrivals[0]:.6f}\n" for arrival in self.arrivals)


class Connection(asyncio.Protocol):
    """As much of HTTP/1.1 as load generators speak: GET and POST, kept alive, pipelined.

    All answers are the same, so their order on a connection needs no care.
    """

    def __init__(self, server: StallingServer) -> None:
        self._server = server
        self._received = b""
        self._unanswered = 0
        self._closes = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go; each is to leave at once."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Take all requests that are complete; what is left waits for the rest of it."""
        self._received += data
        while not self._closes and (head_end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:head_end]
            if not _understood(head):
                self._refuse()
                return
            length = _CONTENT_LENGTH.search(head)
            end = head_end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < end:
                return
            self._received = self._received[end:]
            self._closes = not _kept_alive(head)
            self._unanswered += 1
            self._server.request_arrived(self)
        if len(self._received) > _HEAD_BYTES:
            self._refuse()

    def _refuse(self) -> None:
        self._closes = True
        self._received = b""
        self._transport.write(_REFUSAL)
        self._transport.close()

    def eof_received(self) -> bool:
        """Keep open what the client has closed on its side as long as it waits for answers."""
        self._closes = True
        return self._unanswered > 0

    def answer(self) -> None:
        """Answer one request, if anyone still waits for it."""
        self._unanswered -= 1
        if self._transport.is_closing():
            return
        self._transport.write(_ANSWER)
        if self._closes and not self._unanswered:
            self._transport.close()


def _understood(head: bytes) -> bool:
    return head.startswith((b"GET ", b"POST ")) and not _CHUNKED.search(head)


def _kept_alive(head: bytes) -> bool:
    asked = _CONNECTION.search(head)
    if asked:
        return asked[1].lower() == b"keep-alive"
    return b" HTTP/1.0" not in head.split(b"\r\n", 1)[0]


async def serve(port: int, after: float, hang: float, delay: float, log: Path | None) -> None:
    """Serve on loopback until SIGTERM or SIGINT; port 0 takes a free one, and the line that is printed names it."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    stalling = StallingServer(after, hang, delay)
    listening = await loop.create_server(lambda: Connection(stalling), "127.0.0.1", port, backlog=_BACKLOG)
    print(f"listening on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await ended.wait()
    listening.close()
    if log is not None:
        stalling.write_log(log)


def _allow_connections() -> None:
    """Allow as many open files as this user may have: a load of open arrivals opens one for each that waits."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stalling_server", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("port", type=int, metavar="PORT", help="port on loopback; 0: a free one")
    parser.add_argument("--after", type=float, default=20.0, help="seconds from the first request to the hang")
    parser.add_argument("--hang", type=float, default=5.0, help="seconds that it stands still; 0: never")
    parser.add_argument("--answer-ms", type=float, default=2.0, help="milliseconds to an answer")
    parser.add_argument("--log", type=Path, help="file for the arrival times, written at the end")
    options = parser.parse_args(arguments)
    _allow_connections()
    asyncio.run(serve(options.port, options.after, options.hang, options.answer_ms / 1000, options.log))


if __name__ == "__main__":
    main()
