"""What becomes of a LeanHttpUser's connections; prints figures.

python -m tests.lean_http.programs.connections
"""

from __future__ import annotations

# Locust patches the standard library on import, so it comes first.
import locust  # isort: skip

import gc
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import gevent
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment

from lean_http import LeanHttpSession, LeanHttpUser
from swarmscope_exporter.requests_begun import BegunRequests
from tests.lean_http.programs.server import Server

HUGE = b"x" * 50_000_000  # more than the buffers of both ends hold
cut_off = 0


def count() -> None:
    global cut_off  # noqa: PLW0603
    cut_off += 1


def user_of(server: Server, base: type[Any] = LeanHttpUser) -> Any:
    environment = Environment(host=f"http://127.0.0.1:{server.port}")
    return type("Visitor", (base,), {"host": environment.host})(environment)


def killed(call: Callable[[Any], Any]) -> dict[str, Any]:
    """Return a kill in mid-request, after one request that left an idle connection; then another request."""
    global cut_off
    server, cut_off, fired = Server(), 0, []
    user = user_of(server)
    user.environment.events.request.add_listener(lambda **event: fired.append(event["name"]))
    user.client.get("/plain")
    victim = gevent.spawn(call, user.client)
    gevent.sleep(0.2)
    pool = user.client.client.clientpool.clients["127.0.0.1", server.port]._connection_pool
    in_use = pool.size - pool._semaphore.counter
    victim.kill()
    figures = {
        "in_use_before": in_use,
        "in_use": pool.size - pool._semaphore.counter,
        "idle": pool._socket_queue.qsize(),
    }
    status = user.client.get("/plain").status_code
    server.stop()
    return {**figures, "cut_off": cut_off, "events": len(fired), "connections": server.connections, "status": status}


def many_files(base: type[Any]) -> int:
    """Return the connections that five requests need in a process with more than 1,023 open files."""
    server = Server()
    gc.collect()
    gevent.sleep(0.1)  # what earlier servers leave is closed first: it would make room among the low numbers
    files = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    user = user_of(server, base)
    for _ in range(5):
        user.client.get("/plain")
    server.stop()
    for number in files:
        os.close(number)
    return server.connections


def moved() -> list[int]:
    """Request at each of two servers when the base URL is changed, and after the pool was closed."""
    first, second = Server(), Server()
    user = user_of(first)
    user.client.get("/plain")
    user.client.base_url = f"http://127.0.0.1:{second.port}/a"
    user.client.get("/plain")
    user.client.client.clientpool.close()
    user.client.get("/plain")
    user.client.client.default_headers["X-Late"] = "1"
    user.client.get("/plain")
    first.stop()
    second.stop()
    return [len(first.requests), len(second.requests), second.connections, second.requests[-1].count(b"X-Late: 1")]


def main() -> None:
    for session_class in (FastHttpSession, LeanHttpSession):
        BegunRequests(count).watch(session_class)
    figures = {
        "while it waits": killed(lambda client: client.get("/hang")),
        "in the body": killed(lambda client: client.get("/hang-body")),
        "in a redirect": killed(lambda client: client.get("/redirect/302?/hang")),
        "in a stream": killed(lambda client: client.get("/hang", stream=True)),
        "while it sends": killed(lambda client: client.post("/deaf", data=HUGE)),
        "many files": many_files(LeanHttpUser),
        "many files with FastHttpUser": many_files(locust.FastHttpUser),
        "moved": moved(),
        "is_a_fast_http_user": isinstance(user_of(Server()), locust.FastHttpUser),
    }
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
