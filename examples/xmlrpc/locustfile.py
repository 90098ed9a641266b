"""Readers of a library, over XML-RPC: a proxy fires Locust's request event for every call, as in Locust's manual."""

import time
from collections.abc import Callable
from random import choice
from typing import Any
from xmlrpc.client import Fault, ServerProxy

from locust import User, between, task
from locust.env import Environment
from locust.event import EventHook


class XmlRpcClient(ServerProxy):
    def __init__(self, host: str, request_event: EventHook) -> None:
        super().__init__(host)
        self._request_event = request_event

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = ServerProxy.__getattr__(self, name)

        def wrapper(*arguments: Any) -> Any:
            meta: dict[str, Any] = {
                "request_type": "xmlrpc",
                "name": name,
                "response_length": 0,
                "response": None,
                "context": {},
                "exception": None,
            }
            start = time.perf_counter()
            try:
                meta["response"] = function(*arguments)
            except Fault as fault:
                meta["exception"] = fault
            meta["response_time"] = (time.perf_counter() - start) * 1000
            self._request_event.fire(**meta)
            return meta["response"]

        return wrapper


class XmlRpcUser(User):
    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client = XmlRpcClient(self.host or "", request_event=environment.events.request)


class Reader(XmlRpcUser):
    host = "http://127.0.0.1:8716"
    wait_time = between(0.1, 0.5)

    @task(3)
    def find(self) -> None:
        self.client.find(choice(["locusts", "prometheus"]))

    @task
    def lend(self) -> None:
        self.client.lend("A book about locusts")
