"""Clerks of a warehouse, over gRPC: an interceptor fires Locust's request event for every call."""

import time
from collections.abc import Callable
from random import randint
from typing import Any

import grpc
import grpc.experimental.gevent
from locust import User, between, task
from locust.env import Environment

from stock import StockStub

grpc.experimental.gevent.init_gevent()


class ReportCalls(grpc.UnaryUnaryClientInterceptor):
    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def intercept_unary_unary(
        self, continuation: Callable[..., Any], details: grpc.ClientCallDetails, request: Any
    ) -> Any:
        start, exception, length = time.perf_counter(), None, 0
        call = continuation(details, request)
        try:
            length = len(str(call.result()))
        except grpc.RpcError as error:
            exception = error
        self.environment.events.request.fire(
            request_type="grpc",
            name=details.method,
            response_time=(time.perf_counter() - start) * 1000,
            response_length=length,
            response=call,
            context=None,
            exception=exception,
        )
        return call


class GrpcUser(User):
    abstract = True

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.channel = grpc.insecure_channel(self.host or "")
        self.stub = StockStub(grpc.intercept_channel(self.channel, ReportCalls(environment)))


class Clerk(GrpcUser):
    host = "127.0.0.1:8714"
    wait_time = between(0.1, 0.5)

    @task(3)
    def look_up(self) -> None:
        self.stub.Lookup({"item": randint(1, 50)})

    @task
    def reserve(self) -> None:
        self.stub.Reserve({"item": randint(1, 50)})
