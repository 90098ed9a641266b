"""Users whose mistakes hide behind the sum of all requests, each of which has to be found by itself.

Most requests are quick and good. One endpoint fails, answers over another protocol take 3 s, many events say 0 ms,
log-ins fail in the ramp, and WebSocket connections are cut.
"""

from __future__ import annotations

from typing import Any

from locust import FastHttpUser, constant, task

from swarmscope import observe
from swarmscope_exporter.websocket import observe_websocket, websocket_closed, websocket_dropped, websocket_opened

observe()


class Buyer(FastHttpUser):
    wait_time = constant(0.05)

    def on_start(self) -> None:
        for _ in range(30):
            self._fail("/login")
        observe_websocket("connect", 0.01, success=True)
        websocket_opened()

    def _fail(self, name: str) -> None:
        with self.client.get("/items", name=name, catch_response=True) as response:
            response.failure("refused")

    @task(15)
    def look(self) -> None:
        self.client.get("/items")

    @task(1)
    def check_out(self) -> None:
        self._fail("/checkout")

    @task(3)
    def listen(self) -> None:
        self._fire("WS", 3000)
        for _ in range(10):
            self._fire("WSR", 0)
        websocket_dropped()
        websocket_closed()
        observe_websocket("connect", 0.01, success=True)
        websocket_opened()

    def _fire(self, request_type: str, response_time: float) -> None:
        event: dict[str, Any] = {"response_length": 0, "exception": None, "context": {}}
        self.environment.events.request.fire(
            request_type=request_type, name="news", response_time=response_time, **event
        )
