"""Spans of the API's own work, below the trace of the caller; imported only where an OTLP endpoint is set.

Whether a request is traced is its caller's choice: one without a sampled ``traceparent`` goes past all
instrumentation, because what it costs would be measured as the API's. OTEL_TRACES_SAMPLER makes the API choose itself.
"""

import logging
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import FastAPI
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY, Context, attach, set_value
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased
from opentelemetry.trace import Link, SpanKind, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from redis.asyncio import Redis
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.config import LOGGING_CONFIG

from api.middleware import NOT_COUNTED
from api.store import Command, Store

SERVICE_NAME = "swarmscope-api"
SHUTDOWN_SECONDS = 2.0
_TIMEOUT_SECONDS = 2.0
_BATCH_SPANS = 64  # encoding a batch holds up the event loop's thread
_SAMPLED_FLAGS = b"13579bdf"

_UNTRACED: Context = set_value(_SUPPRESS_INSTRUMENTATION_KEY, True, Context())  # noqa: FBT003  # the SDK's flag
_propagator = TraceContextTextMapPropagator()


class Tracing:
    """The SDK's provider, and everything that makes spans with it."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        # The stable names of attributes: http.request.method, db.query.text and so on.
        os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http,database")
        self._chooses_itself = bool(environment.get("OTEL_TRACES_SAMPLER"))
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": environment.get("OTEL_SERVICE_NAME") or SERVICE_NAME}),
            sampler=None if self._chooses_itself else ParentBased(ALWAYS_OFF),
            shutdown_on_exit=False,  # that would wait for half a minute
        )
        self._provider.add_span_processor(_in_background())
        self._tracer = self._provider.get_tracer("api")
        instrumentor: Any = AsyncPGInstrumentor  # it has no types
        instrumentor(capture_parameters=False).instrument(tracer_provider=self._provider)

    def instrument(self, app: FastAPI) -> None:
        """Make traced requests, and only these, pass the instrumentation; for an application that is complete."""
        plain = app.build_middleware_stack()
        FastAPIInstrumentor.instrument_app(
            app,
            tracer_provider=self._provider,
            excluded_urls=",".join(NOT_COUNTED),
            exclude_spans=["receive", "send"],
        )
        traced = app.build_middleware_stack()
        app.middleware_stack = traced if self._chooses_itself else _Switch(plain, traced)

    def store(self, redis: Redis) -> Store:
        """Return a store whose commands have spans."""
        return _TracedStore(redis, self._tracer)

    async def message(self, traceparent: object, answer: Callable[[], Awaitable[None]]) -> None:
        """Run the answer to one WebSocket message below the span that it came with, or untraced."""
        connection = get_current_span().get_span_context()
        if not (isinstance(traceparent, str) and _is_sampled(traceparent.encode())):
            attach(_UNTRACED)  # in this task alone: the connection's own trace is not that of its messages
            await answer()
            return
        parent = _propagator.extract({"traceparent": traceparent}, Context())
        links = [Link(connection)] if connection.is_valid else []
        with self._tracer.start_as_current_span("/api/realtime/ws message", parent, SpanKind.SERVER, links=links):
            await answer()

    def log_config(self) -> dict[str, Any]:
        """uvicorn's, with the ids of the trace at the end of each line; from now on ours has them too."""
        make_record = logging.getLogRecordFactory()

        def with_ids(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = make_record(*args, **kwargs)
            record.trace = _ids()
            return record

        logging.setLogRecordFactory(with_ids)
        for handler in logging.getLogger().handlers:
            handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s%(trace)s"))
        formatters = {
            name: {**formatter, "fmt": f"{formatter['fmt']}%(trace)s"}
            for name, formatter in LOGGING_CONFIG["formatters"].items()
        }
        return {**LOGGING_CONFIG, "formatters": formatters}

    def shutdown(self) -> None:
        """Send what is left, for two seconds at most."""
        sender = threading.Thread(target=self._provider.shutdown, daemon=True)
        sender.start()
        sender.join(SHUTDOWN_SECONDS)


class _Switch:
    """Sends a request with a sampled traceparent one way, and all others the other."""

    def __init__(self, plain: ASGIApp, traced: ASGIApp) -> None:
        self._plain = plain
        self._traced = traced

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        traceparent = next((value for name, value in scope.get("headers", ()) if name == b"traceparent"), b"")
        if not _is_sampled(traceparent):
            attach(_UNTRACED)  # each request is a task of its own, with a context of its own
            await self._plain(scope, receive, send)
            return
        attach(Context())  # a pipelined request begins in the context of the one before
        try:
            await self._traced(scope, receive, send)
        except Exception:
            # The server's span is over, and the log line about the exception comes only now.
            attach(_propagator.extract({"traceparent": traceparent.decode("latin-1")}, Context()))
            raise


class _TracedStore(Store):
    """One span for each call: what its caller waited for, also when commands of other callers traveled along.

    Not the instrumentation of redis-py: it would see the shared pipelines, in the context of the first caller.
    """

    def __init__(self, redis: Redis, tracer: Any) -> None:
        super().__init__(redis)
        self._tracer = tracer

    async def run_all(self, *commands: Command) -> list[Any]:
        if not get_current_span().is_recording():
            return await super().run_all(*commands)
        names = [str(command[0]) for command in commands]
        attributes = {"db.system.name": "redis", "db.operation.name": " ".join(names)}
        name = names[0] if len(names) == 1 else "PIPELINE"
        with self._tracer.start_as_current_span(name, kind=SpanKind.CLIENT, attributes=attributes):
            return await super().run_all(*commands)


class _OneWarning(logging.Filter):
    """Lets the first record of a logger through: a collector that is down is said once, not for each batch."""

    def __init__(self) -> None:
        super().__init__()
        self._has_passed = False

    def filter(self, record: logging.LogRecord) -> bool:
        has_passed, self._has_passed = self._has_passed, True
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        return not has_passed


def _in_background() -> BatchSpanProcessor:
    """OTLP over HTTP from a bounded queue, with short time-outs."""
    given = any(os.environ.get(f"OTEL_EXPORTER_OTLP_{name}TIMEOUT") for name in ("", "TRACES_"))
    exporter = OTLPSpanExporter(timeout=None if given else _TIMEOUT_SECONDS)
    logging.getLogger(OTLPSpanExporter.__module__).addFilter(_OneWarning())
    logging.getLogger("opentelemetry.sdk._shared_internal").addFilter(_OneWarning())
    return BatchSpanProcessor(exporter, max_export_batch_size=_BATCH_SPANS)


def _is_sampled(traceparent: bytes) -> bool:
    return traceparent[-1:] in _SAMPLED_FLAGS and len(traceparent) >= 55


def _ids() -> str:
    """For the end of a log line: the trace and the span, empty where there is none."""
    context = get_current_span().get_span_context()
    if not context.is_valid:
        return ""
    return f" trace_id={context.trace_id:032x} span_id={context.span_id:016x}"
