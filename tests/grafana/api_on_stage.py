"""The API's own metrics, counted by nobody's requests."""

from __future__ import annotations

from api.metrics import Metrics


class StagedApi:
    """The page of an API that is being used; everything a dashboard draws of it occurs."""

    def __init__(self) -> None:
        self._metrics = Metrics()
        self._metrics.watch_pool(used=lambda: 4, idle=lambda: 6, max_connections=20)
        self._metrics.flag_strength.labels("slow_chat").set(0.5)
        self._metrics.websocket_connections.set(3)

    def page(self) -> bytes:
        """Return the exposition, after some more requests."""
        for status in (200, 429, 503):
            self._metrics.count_request("POST", "/api/chat", status, 0.02)
        for hit in (True, True, False):
            self._metrics.count_cache("chat", hit=hit)
        return self._metrics.render()
