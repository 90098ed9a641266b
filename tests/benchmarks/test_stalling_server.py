"""The server that stands still once, over real sockets: what it answers, when it does not, and what it writes down."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
GET = b"GET / HTTP/1.1\r\nHost: server\r\n\r\n"
POST = b"POST /orders HTTP/1.1\r\nHost: server\r\ncontent-length: 7\r\n\r\nbody\r\n\r"
NO_HANG = ("--hang", "0")


@dataclass
class Server:
    process: subprocess.Popen[str]
    port: int

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)


@contextmanager
def running(*options: str) -> Iterator[Server]:
    command = [sys.executable, "-m", "benchmarks.stalling_server", "0", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Server(process, int(process.stdout.readline().rpartition(":")[2]))
        finally:
            process.kill()


def answers(client: socket.socket, count: int) -> bytes:
    received = b""
    while received.count(b"\r\n\r\nok\n") < count and (data := client.recv(65536)):
        received += data
    return received


def test_it_keeps_a_connection_for_requests_one_by_one_pipelined_and_in_pieces() -> None:
    with running(*NO_HANG) as server, server.connect() as client:
        for request in (GET, POST):
            client.sendall(request)
            assert answers(client, 1).startswith(b"HTTP/1.1 200 OK\r\n")
        client.sendall(POST + GET + POST)
        assert answers(client, 3).count(b"HTTP/1.1 200 OK") == 3
        for piece in (GET[:7], GET[7:-2], GET[-2:] + POST[:-3], POST[-3:]):
            client.sendall(piece)
            time.sleep(0.02)
        assert answers(client, 2).count(b"HTTP/1.1 200 OK") == 2


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", b"HTTP/1.1 200 OK"),
        (b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.1 200 OK"),
        (b"BREW / HTTP/1.1\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"HTTP/1.1 400 Bad Request"),
        (b"GET /" + b"x" * 70_000, b"HTTP/1.1 400 Bad Request"),
    ],
)
def test_it_closes_where_that_is_asked_and_on_what_it_does_not_understand(request_: bytes, answer: bytes) -> None:
    with running(*NO_HANG) as server, server.connect() as client:
        client.sendall(request_)
        with client.makefile("rb") as received:
            assert received.read().startswith(answer)


def test_it_stands_still_once_and_then_answers_all_that_waits() -> None:
    with running("--after", "0.3", "--hang", "1") as server, server.connect() as first:
        begin = time.monotonic()
        first.sendall(GET)
        answers(first, 1)
        time.sleep(max(0.0, begin + 0.6 - time.monotonic()))
        waiting = [server.connect() for _ in range(3)]  # it accepts meanwhile
        for client in waiting:
            client.sendall(GET + GET)
        first.sendall(GET)
        answers(first, 1)
        answered = time.monotonic() - begin
        for client in waiting:
            with client:
                assert answers(client, 2).count(b"HTTP/1.1 200 OK") == 2
        assert answered >= 1.25


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_writes_arrivals_at_its_end_even_in_the_middle_of_the_hang(tmp_path: Path, number: signal.Signals) -> None:
    log = tmp_path / "arrivals"
    with running("--after", "0", "--hang", "60", "--log", str(log)) as server, server.connect() as client:
        client.sendall(GET)
        time.sleep(0.3)
        client.sendall(GET + GET)
        time.sleep(0.3)
        assert not log.exists()
        assert server.end(number) == 0
    arrivals = log.read_text().splitlines()
    assert arrivals[0] == "0.000000"
    assert len(arrivals) == 3
    assert 0 < float(arrivals[1]) <= float(arrivals[2])


def test_nothing_came_so_the_log_is_empty(tmp_path: Path) -> None:
    with running("--log", str(tmp_path / "arrivals")) as server:
        assert server.end() == 0
    assert (tmp_path / "arrivals").read_text() == ""
