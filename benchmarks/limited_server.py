"""A server with a limit that is known.

    python -m benchmarks.limited_server PORT workers COUNT SECONDS
    python -m benchmarks.limited_server PORT random COUNT SECONDS
    python -m benchmarks.limited_server PORT bucket RATE BURST

With workers, requests wait in one line for one of COUNT workers, each of which takes SECONDS for an answer: it carries
COUNT / SECONDS a second, and what arrives beyond that waits longer and longer. With random ones SECONDS is the mean of
an exponential distribution, so that answers get slower long before (M/M/c). When each is due is worked out, so that
late timers do not add up. A bucket has RATE tokens more each second and at most BURST: without one the answer is 429.
"""

from __future__ import annotations

import asyncio
import heapq
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from swarmscope.network import direct_session
from swarmscope.processes.ports import PortPicker

ROOT = Path(__file__).resolve().parents[1]
_START_SECONDS = 20.0

_ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 2\r\n\r\nok"
OK, TOO_MANY = _ANSWER % b"200 OK", _ANSWER % b"429 Too Many Requests"


class Workers:
    """Each request is answered when a worker has had time for it."""

    def __init__(self, count: int, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self._free_at = [0.0] * count

    async def answer(self) -> bytes:
        now = asyncio.get_running_loop().time()
        done = max(now, heapq.heappop(self._free_at)) + self._seconds()
        heapq.heappush(self._free_at, done)
        await asyncio.sleep(done - now)
        return OK


class Bucket:
    """A request takes a token, or is refused."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._tokens, self._at = burst, 0.0

    async def answer(self) -> bytes:
        now = asyncio.get_running_loop().time()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        if self._tokens < 1:
            return TOO_MANY
        self._tokens -= 1
        return OK


def limit_of(kind: str, first: float, second: float) -> Workers | Bucket:
    """Return what the arguments ask for."""
    if kind == "bucket":
        return Bucket(first, second)
    random = Random(20)  # noqa: S311  # reproducible
    return Workers(int(first), (lambda: random.expovariate(1 / second)) if kind == "random" else lambda: second)


async def serve(port: int, limit: Workers | Bucket) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(await limit.answer())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=4096)
    async with server:
        await server.serve_forever()


@contextmanager
def running(*limit: str) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server with that limit on a free port; yield its address and its process."""
    picker = PortPicker(lambda _: None)
    port = picker.pick("the server")
    picker.release()
    process = subprocess.Popen([sys.executable, "-m", "benchmarks.limited_server", str(port), *limit], cwd=ROOT)
    host = f"http://127.0.0.1:{port}"
    try:
        with direct_session() as session:
            deadline = time.monotonic() + _START_SECONDS
            while time.monotonic() < deadline:
                try:
                    session.get(host, timeout=2)
                    break
                except OSError:
                    time.sleep(0.1)
        yield host, process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), limit_of(sys.argv[2], *map(float, sys.argv[3:5]))))
