"""Spans of requests and journeys, by the real SDK with its exporter in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from swarmscope_exporter.cells import CellKey
from swarmscope_exporter.exemplars import Exemplar
from swarmscope_exporter.tracing.spans import Spans


@dataclass
class Response:
    status_code: int


class Visitor:
    """A user, as a session knows it."""


class Traced:
    """Spans of one process, with a session class that records what it was called with."""

    def __init__(self, ratio: float) -> None:
        self.memory = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self.memory))
        self.exemplars: list[tuple[CellKey, Exemplar]] = []
        self.spans = Spans(
            provider.get_tracer("test"),
            ratio,
            lambda: {"run_id": "r1", "scenario": "smoke"},
            lambda key, exemplar: self.exemplars.append((key, exemplar)),
            clock=lambda: 1000.0,
        )
        calls: list[dict[str, Any]] = []

        class Session:
            base_url = "http://api.test:8000"
            user = Visitor()

            def request(self, method: str, url: str, *_: Any, **kwargs: Any) -> str:
                calls.append({"method": method, "url": url, **kwargs})
                if kwargs.get("fails"):
                    raise KeyboardInterrupt
                return "response"

        self.calls = calls
        self.spans.trace_requests(Session)
        self.session = Session()

    def answered(self, status: int = 200, exception: Exception | None = None, milliseconds: float = 25.0) -> None:
        """Fire what Locust does when the last request has its answer."""
        call = self.calls[-1]
        self.spans.on_request(
            call["method"],
            call.get("name") or call["url"],
            milliseconds,
            10,
            response=Response(status),
            exception=exception,
            context=call.get("context", {}),
        )

    @property
    def finished(self) -> list[ReadableSpan]:
        return list(self.memory.get_finished_spans())


def traceparent(span: ReadableSpan) -> str:
    context = span.context
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-01"


def test_a_sampled_request_has_a_span_with_its_name_its_target_and_its_run() -> None:
    traced = Traced(ratio=1)
    kwargs = {"name": "/api/leads/{id}", "headers": {"Accept": "x"}, "context": {"mine": 1}}
    assert traced.session.request("GET", "/api/leads/7", **kwargs) == "response"
    traced.answered()
    [span] = traced.finished
    assert (span.name, span.kind, span.status.is_ok or span.status.is_unset) == (
        "GET /api/leads/{id}",
        SpanKind.CLIENT,
        True,
    )
    assert span.attributes == {
        "http.request.method": "GET",
        "url.template": "/api/leads/{id}",
        "server.address": "api.test",
        "server.port": 8000,
        "http.response.status_code": 200,
        "loadtest.run_id": "r1",
        "loadtest.scenario": "smoke",
        "loadtest.user_class": "Visitor",
    }
    assert span.start_time is not None
    assert span.end_time == span.start_time + 25_000_000, "as long as Locust measured"
    assert traced.calls[0]["headers"] == {"Accept": "x", "traceparent": traceparent(span)}
    assert traced.calls[0]["context"] == {"mine": 1, "traceparent": traceparent(span)}
    assert kwargs["headers"] == {"Accept": "x"}, "the caller's own headers stay as they are"
    key, exemplar = traced.exemplars[0]
    assert key == CellKey("GET", "/api/leads/{id}", 200, "")
    assert exemplar == Exemplar(traceparent(span)[3:35], 25.0, 1000.0)


def test_a_request_that_is_not_sampled_is_passed_on_as_it_is() -> None:
    traced = Traced(ratio=0)
    traced.session.request("GET", "/", name="home", headers={"Accept": "x"})
    traced.answered()
    assert traced.calls == [{"method": "GET", "url": "/", "name": "home", "headers": {"Accept": "x"}}]
    assert (traced.finished, traced.exemplars) == ([], [])


def test_about_the_asked_share_is_sampled() -> None:
    traced = Traced(ratio=0.2)
    for _ in range(2000):
        traced.session.request("GET", "/")
    assert sum("headers" in call for call in traced.calls) == pytest.approx(400, abs=100)


@pytest.mark.parametrize(
    ("status", "exception", "error_type", "error"),
    [
        (503, RuntimeError(), "503", "http_5xx"),
        (404, RuntimeError(), "404", "http_4xx"),
        (200, RuntimeError(), "validation", "validation"),
        (0, TimeoutError(), "timeout", "timeout"),
        (0, ConnectionRefusedError(), "connection", "connection"),
    ],
)
def test_a_failed_request_says_why_and_is_an_exemplar_of_the_failures(
    status: int, exception: Exception, error_type: str, error: str
) -> None:
    traced = Traced(ratio=1)
    traced.session.request("GET", "/")
    traced.answered(status, exception)
    [span] = traced.finished
    assert span.attributes is not None
    assert span.attributes["error.type"] == error_type
    assert span.attributes.get("http.response.status_code") == (status or None)
    assert not span.status.is_ok
    assert traced.exemplars[0][0] == CellKey("GET", "/", status, error)


def test_a_query_is_in_no_span() -> None:
    traced = Traced(ratio=1)
    traced.session.request("GET", "/search?q=secret")
    traced.answered()
    assert "secret" not in traced.finished[0].to_json()


def test_a_request_that_is_interrupted_ends_its_span_at_once() -> None:
    traced = Traced(ratio=1)
    with pytest.raises(KeyboardInterrupt):
        traced.session.request("GET", "/", fails=True)
    [span] = traced.finished
    assert span.attributes is not None
    assert span.attributes["error.type"] == "interrupted"
    traced.answered()
    assert (len(traced.finished), traced.exemplars) == (1, [])


def test_requests_of_a_sampled_journey_are_children_of_its_span() -> None:
    traced = Traced(ratio=1)
    with traced.spans.journey("checkout", "Visitor") as journey:
        traced.session.request("GET", "/basket")
        traced.answered()
        traced.session.request("POST", "/order")
        traced.answered(status=500, exception=RuntimeError())
        journey.note(success=False)
    basket, order, whole = traced.finished
    assert (whole.name, whole.kind, whole.parent) == ("checkout", SpanKind.INTERNAL, None)
    assert whole.attributes is not None
    assert whole.attributes["error.type"] == "failure"
    assert [basket.parent, order.parent] == [whole.context, whole.context]


def test_a_journey_that_is_not_sampled_keeps_its_requests_from_being_sampled_by_themselves() -> None:
    traced = Traced(ratio=1)
    traced.spans._ratio = 0
    with traced.spans.journey("checkout", "Visitor"), traced.spans.journey("payment", "Visitor"):
        traced.spans._ratio = 1
        traced.session.request("GET", "/basket")
        assert traced.spans.begin("WS", "/ws", "ws://api.test/ws", "Visitor") == ""
    traced.session.request("GET", "/home")
    traced.answered()
    assert [span.name for span in traced.finished] == ["GET /home"]


def test_a_request_of_another_client_is_ended_by_its_event() -> None:
    traced = Traced(ratio=1)
    sent = traced.spans.begin("WS", "/ws [message]", "ws://api.test/ws", "Visitor")
    traced.spans.on_request("WS", "/ws [message]", 12.0, 5, context={"traceparent": sent})
    [span] = traced.finished
    assert traceparent(span) == sent
    assert span.attributes is not None
    assert span.attributes["network.protocol.name"] == "websocket"
    assert span.attributes["server.port"] == 80
    assert "http.request.method" not in span.attributes
