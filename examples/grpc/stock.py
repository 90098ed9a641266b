"""The service, as grpcio-tools would make it from a .proto file; messages are JSON to keep generated code out."""

from __future__ import annotations

import json
from typing import Any

import grpc

SERVICE = "warehouse.Stock"


def encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode()


def decode(data: bytes) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(data)
    return message


class StockStub:
    def __init__(self, channel: grpc.Channel) -> None:
        coding = {"request_serializer": encode, "response_deserializer": decode}
        self.Lookup = channel.unary_unary(f"/{SERVICE}/Lookup", **coding)
        self.Reserve = channel.unary_unary(f"/{SERVICE}/Reserve", **coding)


def add_stock_to_server(servicer: Any, server: grpc.Server) -> None:
    coding = {"request_deserializer": decode, "response_serializer": encode}
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(getattr(servicer, name), **coding) for name in ("Lookup", "Reserve")
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
