"""Traders who ask for prices over a WebSocket that stays open; each message and its answer is a request."""

import json
import time
from collections.abc import Callable
from random import choice
from typing import Any

import websocket
from locust import User, between, task


class Trader(User):
    wait_time = between(0.1, 0.4)

    def on_start(self) -> None:
        self.connect()

    def on_stop(self) -> None:
        self.socket.close()

    @task
    def price(self) -> None:
        if not self.socket.connected:
            self.connect()
        self.report("price", lambda: self.ask({"symbol": choice(["ABC", "XYZ"])}))

    def connect(self) -> None:
        self.socket = websocket.WebSocket()
        self.report("connect", lambda: self.socket.connect(f"{self.host}/prices", timeout=5))

    def ask(self, message: dict[str, Any]) -> Any:
        self.socket.send(json.dumps(message))
        return json.loads(self.socket.recv())

    def report(self, name: str, call: Callable[[], Any]) -> None:
        start, exception = time.perf_counter(), None
        try:
            call()
        except (OSError, ValueError, websocket.WebSocketException) as error:
            exception = error
            self.socket.close()
        self.environment.events.request.fire(
            request_type="WebSocket",
            name=name,
            response_time=(time.perf_counter() - start) * 1000,
            response_length=0,
            exception=exception,
            context=self.context(),
        )
