"""An OTLP/HTTP receiver that keeps what it was sent; or one that refuses, or never answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

Mood = Literal["takes", "refuses", "hangs"]


@dataclass(frozen=True)
class ReceivedSpan:
    """One span as it arrived; ids in hexadecimal, times in nanoseconds since the epoch."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    start_ns: int
    end_ns: int
    is_error: bool
    attributes: dict[str, Any]

    @property
    def seconds(self) -> float:
        return (self.end_ns - self.start_ns) / 1e9


class Collector(ThreadingHTTPServer):
    """Listens on a free loopback port from the beginning."""

    daemon_threads = True

    def __init__(self, mood: Mood = "takes") -> None:
        self.mood: Mood = mood
        self.received: list[ReceivedSpan] = []
        self.posts = 0
        self.closing = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def wait_for(self, found: Callable[[list[ReceivedSpan]], Any], what: str, timeout_seconds: float = 60.0) -> Any:
        """Return what ``found`` makes of the spans so far, once that is something."""
        deadline = time.monotonic() + timeout_seconds
        while not (result := found(list(self.received))):
            names = sorted({f"{span.service}: {span.name}" for span in self.received})
            assert time.monotonic() < deadline, f"no {what} within {timeout_seconds:g} s; received {names}"
            time.sleep(0.05)
        return result

    def stop(self) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Collector
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts += 1
        if self.server.mood == "hangs":
            self.server.closing.wait()
            return
        if self.server.mood == "takes":
            assert self.path == "/v1/traces"
            self.server.received += spans_in(body)
        self.send_response(200 if self.server.mood == "takes" else 500)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def spans_in(body: bytes) -> list[ReceivedSpan]:
    return [
        ReceivedSpan(
            service=_values(group.resource.attributes)["service.name"],
            name=span.name,
            kind=span.kind,
            trace_id=span.trace_id.hex(),
            span_id=span.span_id.hex(),
            parent_id=span.parent_span_id.hex(),
            start_ns=span.start_time_unix_nano,
            end_ns=span.end_time_unix_nano,
            is_error=span.status.code == span.status.STATUS_CODE_ERROR,
            attributes=_values(span.attributes),
        )
        for group in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in attributes}


def _value(value: AnyValue) -> Any:
    return getattr(value, value.WhichOneof("value") or "string_value")
