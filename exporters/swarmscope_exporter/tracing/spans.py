"""Spans of a sampled share of requests and journeys.

Whether to record is decided before any object is made: for nearly all requests tracing costs a look at the journey
under way and one random number. These carry no ``traceparent`` either: a copy of their headers, and an id that is never
looked up, would cost more than all the rest. A target that starts traces by itself is told not to, see docs/tracing.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from functools import lru_cache
from random import Random
from typing import Any, Final
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context

from swarmscope_exporter.cells import CellKey, milliseconds_of
from swarmscope_exporter.errors import ErrorKind, classify
from swarmscope_exporter.exemplars import Exemplar
from swarmscope_exporter.recorder import http_status
from swarmscope_exporter.tracing import CONTEXT_KEY, Journey

#: Beyond method, URL, name and one more, headers or context may be among the positional arguments: they stay untouched.
_MAX_POSITIONAL = 2
_HTTP_ERRORS = frozenset({ErrorKind.HTTP_4XX, ErrorKind.HTTP_5XX})

NoteExemplar = Callable[[CellKey, Exemplar], None]
Attributes = dict[str, str | int]


class _Unsampled:
    """The journey under way is not recorded, and so none of its requests is."""


_UNSAMPLED: Final = _Unsampled()
_journey: ContextVar[Span | _Unsampled | None] = ContextVar("loadtest_journey", default=None)


class RequestSpan:
    """A sampled request under way; ended by Locust's ``request`` event, or by `interrupt`."""

    __slots__ = ("_forget", "_span", "_started_ns", "trace_id", "traceparent")

    def __init__(self, span: Span, started_ns: int, forget: Callable[[str], None]) -> None:
        context = span.get_span_context()
        self.trace_id = f"{context.trace_id:032x}"
        #: Value of the W3C header: version, trace, this span, sampled.
        self.traceparent = f"00-{self.trace_id}-{context.span_id:016x}-01"
        self._span = span
        self._started_ns = started_ns
        self._forget = forget

    def end(self, status: int, error: str, response_ms: float | None) -> None:
        """End the request; ``error`` is empty for a success."""
        if status:
            self._span.set_attribute("http.response.status_code", status)
        if error:
            self._span.set_attribute("error.type", str(status) if error in _HTTP_ERRORS else error)
            self._span.set_status(Status(StatusCode.ERROR))
        # As long as Locust measured, without the time in which the task then looked at the answer.
        self._span.end(None if response_ms is None else self._started_ns + int(response_ms * 1e6))

    def interrupt(self) -> None:
        """End the request without an outcome: the end of the run cut it off."""
        self._forget(self.traceparent)
        self.end(0, "interrupted", None)


class TracedJourney(Journey):
    """A journey that is sampled, or one that keeps its requests from being sampled each by itself."""

    __slots__ = ("_error", "_span", "_token")

    def __init__(self, span: Span | _Unsampled) -> None:
        self._span = span
        self._error = ""
        self._token: Token[Span | _Unsampled | None] | None = None

    def __enter__(self) -> TracedJourney:
        self._token = _journey.set(self._span)
        return self

    def note(self, *, success: bool) -> None:
        self._error = "" if success else "failure"

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._token is not None:
            _journey.reset(self._token)
        if isinstance(self._span, _Unsampled):
            return
        error = "interrupted" if kind is not None else self._error
        if error:
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class Spans:
    """Makes the spans of one Locust process; ``labels`` returns the attributes that name the run under way."""

    def __init__(
        self,
        tracer: Tracer,
        ratio: float,
        labels: Callable[[], Mapping[str, str]],
        note_exemplar: NoteExemplar,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tracer = tracer
        self._ratio = ratio
        self._labels = labels
        self._note_exemplar = note_exemplar
        self._clock = clock
        # Of its own: a locustfile that seeds the common one for its behaviour must not choose what is sampled.
        self._random = Random().random  # noqa: S311  # no secret
        self._under_way: dict[str, RequestSpan] = {}

    def reset(self) -> None:
        """Forget requests whose event never came, for a new run."""
        self._under_way.clear()

    def trace_requests(self, session_class: type[Any]) -> None:
        """Wrap ``session_class.request``: a sampled request carries its ``traceparent``, and have a span."""
        request, random, ratio, journey_under_way = session_class.request, self._random, self._ratio, _journey.get

        def traced_request(session: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
            parent = journey_under_way()
            if parent is _UNSAMPLED or (parent is None and random() >= ratio) or len(args) > _MAX_POSITIONAL:
                return request(session, method, url, *args, **kwargs)
            name = kwargs.get("name") or (args[0] if args else None) or getattr(session, "request_name", None) or url
            address = url if "://" in url else str(getattr(session, "base_url", ""))
            user = getattr(session, "user", None)
            user_class = type(user).__name__ if user is not None else ""
            span = self._start(method, str(name), address, user_class, parent)
            kwargs["headers"] = {**(kwargs.get("headers") or {}), "traceparent": span.traceparent}
            kwargs["context"] = {**(kwargs.get("context") or {}), CONTEXT_KEY: span.traceparent}
            try:
                return request(session, method, url, *args, **kwargs)
            except BaseException:  # a kill at the end of the run, or a wrong call: no event comes
                span.interrupt()
                raise

        session_class.request = traced_request

    def begin(self, method: str, name: str, url: str, user_class: str) -> str:
        """Begin the span of one request of any client, and return its traceparent; empty when it is not sampled."""
        parent = _journey.get()
        if parent is _UNSAMPLED or (parent is None and self._random() >= self._ratio):
            return ""
        return self._start(method, name, url, user_class, parent).traceparent

    def journey(self, name: str, user_class: str) -> Journey:
        """Return a journey, sampled or not; one within another shares its fate."""
        parent = _journey.get()
        if parent is _UNSAMPLED or (parent is None and self._random() >= self._ratio):
            return TracedJourney(_UNSAMPLED)
        attributes = {**self._named(user_class), "loadtest.transaction": name}
        return TracedJourney(self._tracer.start_span(name, _below(parent), SpanKind.INTERNAL, attributes))

    def on_request(  # noqa: PLR0913, PLR0917  # the arguments of Locust's event
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,  # noqa: ARG002
        response: Any = None,
        exception: BaseException | str | None = None,
        context: Mapping[str, Any] | None = None,
        start_time: Any = None,  # noqa: ARG002
        url: Any = None,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Listen to Locust's ``request`` event, after the recorder: end a sampled request's span."""
        if not context:
            return
        span = self._under_way.pop(context.get(CONTEXT_KEY, ""), None)
        if span is None:
            return
        status = http_status(response)
        error = str(classify(exception, status)) if exception else ""
        response_ms = milliseconds_of(response_time)
        span.end(status, error, response_ms)
        if response_ms is not None:
            key = CellKey(str(request_type), str(name), status, error)
            self._note_exemplar(key, Exemplar(span.trace_id, response_ms, self._clock()))

    def _start(
        self, method: str, name: str, address: str, user_class: str, parent: Span | _Unsampled | None
    ) -> RequestSpan:
        template = name.partition("?")[0]  # without a name Locust takes the URL, and queries may hold secrets
        protocol = {"network.protocol.name": "websocket"} if method == "WS" else {"http.request.method": method}
        attributes = self._named(user_class) | _place(address) | {"url.template": template} | protocol
        started_ns = time.time_ns()
        span = self._tracer.start_span(
            f"{method} {template}", _below(parent), SpanKind.CLIENT, attributes, start_time=started_ns
        )
        sampled = RequestSpan(span, started_ns, self._forget)
        self._under_way[sampled.traceparent] = sampled
        return sampled

    def _forget(self, traceparent: str) -> None:
        self._under_way.pop(traceparent, None)

    def _named(self, user_class: str) -> Attributes:
        names = {**self._labels(), "user_class": user_class}
        return {f"loadtest.{name}": text for name, text in names.items() if text}


def _below(parent: Span | _Unsampled | None) -> Context:
    return set_span_in_context(parent, Context()) if isinstance(parent, Span) else Context()


@lru_cache(maxsize=64)
def _place(address: str) -> Attributes:
    """``server.address`` and ``server.port`` of a URL, as far as it has them."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return {}
    port = port or {"http": 80, "https": 443, "ws": 80, "wss": 443}.get(parts.scheme)
    return {**({"server.address": host} if host else {}), **({"server.port": port} if port else {})}
