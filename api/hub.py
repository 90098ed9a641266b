"""The WebSocket connections that are open, so that a stop can say goodbye to each."""

import asyncio
import logging

from starlette.websockets import WebSocket, WebSocketState

from api.metrics import Metrics

GOING_AWAY = 1001
_GOODBYE_SECONDS = 2.0

log = logging.getLogger("api")


class ConnectionHub:
    """Knows every accepted connection."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._open: set[WebSocket] = set()

    def add(self, connection: WebSocket) -> None:
        """Count a connection that was accepted."""
        self._open.add(connection)
        self._metrics.websocket_connects.inc()
        self._metrics.websocket_connections.set(len(self._open))

    def remove(self, connection: WebSocket) -> None:
        """Forget a connection that has ended."""
        self._open.discard(connection)
        self._metrics.websocket_connections.set(len(self._open))

    async def close_all(self) -> None:
        """Close every connection with code 1001, going away."""
        goodbyes = [_close(connection) for connection in list(self._open)]
        if goodbyes:
            log.info("closing %d WebSocket connections", len(goodbyes))
            await asyncio.wait_for(asyncio.gather(*goodbyes), _GOODBYE_SECONDS)


async def _close(connection: WebSocket) -> None:
    if connection.application_state is not WebSocketState.CONNECTED:
        return
    try:
        await connection.close(GOING_AWAY, "the server is stopping")
    except (RuntimeError, OSError):
        log.debug("a WebSocket connection was gone before it could be closed")
