"""The outermost layer: hands in the parts, counts every request exactly once, bounds request bodies."""

import time

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.services import Services

NOT_COUNTED = frozenset({"/metrics", "/health/live"})
DOCUMENTATION = frozenset({"/docs", "/openapi.json"})  # plain routes of FastAPI, which leave no template behind
UNMATCHED = "(unmatched)"
CLIENT_GONE = 499


class Accounting:
    """Pure ASGI: no task, queue or copy for a request.

    A request is counted when the last byte of its answer is handed over, before the client can see it: who reads
    /metrics after its answer finds it counted. A request that ends without an answer is counted when it ends.
    """

    def __init__(self, app: ASGIApp, parts: Services) -> None:
        self._app = app
        self._parts = parts
        self._metrics = parts.metrics
        self._max_body_bytes = parts.settings.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application inside the accounting, with the parts of this process at hand in its scope."""
        scope["services"] = self._parts
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = self._bounded(scope, receive)
        if scope["path"] in NOT_COUNTED:
            await self._app(scope, body, send)
            return
        account = _Account(scope, send, self._metrics)
        try:
            await self._app(scope, body, account.send)
        except Exception:
            account.close(500)
            raise
        finally:
            account.close(CLIENT_GONE)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """`receive` as it is where the body cannot be too large, else one that counts."""
        for name, value in scope["headers"]:
            if name == b"content-length":
                size = int(value) if value.isdigit() else 0
                return receive if size <= self._max_body_bytes else _counting(receive, 0, self._max_body_bytes)
            if name == b"transfer-encoding":
                return _counting(receive, self._max_body_bytes, self._max_body_bytes)
        return receive


class _Account:
    """One request's entry in the books."""

    __slots__ = ("_metrics", "_open", "_scope", "_send", "_started", "_status")

    def __init__(self, scope: Scope, send: Send, metrics: Metrics) -> None:
        self._scope = scope
        self._send = send
        self._metrics = metrics
        self._started = time.perf_counter()
        self._status: int | None = None
        self._open = True

    async def send(self, message: Message) -> None:
        """Pass a message on, and closes the account with the last one."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
        elif not message.get("more_body", False):
            self.close(CLIENT_GONE)
        await self._send(message)

    def close(self, status_without_answer: int) -> None:
        """Count the request, unless it has been counted."""
        if not self._open:
            return
        self._open = False
        status = self._status or status_without_answer
        seconds = time.perf_counter() - self._started
        self._metrics.count_request(self._scope["method"], _template(self._scope), status, seconds)


def _template(scope: Scope) -> str:
    route = scope.get("route")
    if route is not None:
        return str(route.path)
    return scope["path"] if scope["path"] in DOCUMENTATION else UNMATCHED


def _counting(receive: Receive, accepted_bytes: int, limit_bytes: int) -> Receive:
    """Return a `receive` that raises a 413 once more than `accepted_bytes` have come."""
    received = 0

    async def bounded() -> Message:
        nonlocal received
        if accepted_bytes == 0:
            raise _too_large(limit_bytes)
        message = await receive()
        received += len(message.get("body", b""))
        if received > accepted_bytes:
            raise _too_large(limit_bytes)
        return message

    return bounded


def _too_large(limit_bytes: int) -> HTTPException:
    # The rest of the body is not read, so the connection cannot carry another request.
    return HTTPException(413, f"the body is larger than {limit_bytes} bytes", headers={"Connection": "close"})
