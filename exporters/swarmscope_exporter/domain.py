"""Signals that no status code tells: citations, documents, WebSocket streams, journeys.

They are ordinary prometheus-client metrics (see `swarmscope_exporter.custom`), with every child that can be known
created at 0.
Authentication failures and rate limits are not here: the recorder counts them from statuses 401, 403 and 429.
"""

from __future__ import annotations

from itertools import product
from typing import Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from swarmscope_exporter.buckets import EDGES_SECONDS

DocumentAction = Literal["upload", "read", "list", "delete"]
DocumentSize = Literal["small", "medium", "large", "none"]
WebSocketStage = Literal["connect", "send", "receive", "timeout", "unanswered_at_stop"]
WebSocketMeasure = Literal["connect", "first_token", "message"]

_OUTCOMES = ("success", "failure")

ANSWERS = Counter("loadtest_answers", "Chat answers, with and without citations.", ["cited"])
CITATIONS = Histogram(
    "loadtest_citations_per_answer", "Citations in one chat answer.", buckets=(0, 1, 2, 3, 4, 5, 7, 10, 15, 20)
)
DOCUMENTS = Counter("loadtest_documents", "Knowledge-base operations.", ["action", "size", "outcome"])
WEBSOCKET_SECONDS: dict[str, Histogram] = {
    measure: Histogram(
        f"loadtest_websocket_{measure}_seconds",
        f"WebSocket: {what}, in seconds.",
        ["outcome"],
        buckets=EDGES_SECONDS,
    )
    for measure, what in (
        ("connect", "handshake and authentication"),
        ("first_token", "from a question to the first token of its answer"),
        ("message", "from a question to the end of its answer"),
    )
}
WEBSOCKET_CONNECTIONS = Gauge(
    "loadtest_websocket_connections", "WebSocket connections open now.", multiprocess_mode="livesum"
)
WEBSOCKET_DROPS = Counter(
    "loadtest_websocket_drops", "WebSocket connections that the other side closed, or that broke."
)
WEBSOCKET_FAILURES = Counter("loadtest_websocket_failures", "WebSocket failures by stage.", ["stage"])
TRANSACTION_SECONDS = Histogram(
    "loadtest_transaction_duration_seconds",
    "Duration of a user journey of several requests, in seconds.",
    ["transaction", "outcome"],
    buckets=EDGES_SECONDS,
)

LATE_SENDS = Counter("loadtest_late_sends", "Requests that began after their schedule said so.")


def _create_children() -> None:
    for cited in ("true", "false"):
        ANSWERS.labels(cited)
    for children in product(get_args(DocumentAction), get_args(DocumentSize), _OUTCOMES):
        DOCUMENTS.labels(*children)
    for stage in get_args(WebSocketStage):
        WEBSOCKET_FAILURES.labels(stage)
    for histogram, outcome in product(WEBSOCKET_SECONDS.values(), _OUTCOMES):
        histogram.labels(outcome)


_create_children()


def record_answer(citations: int) -> None:
    """One chat answer with that many citations."""
    ANSWERS.labels("true" if citations else "false").inc()
    CITATIONS.observe(citations)


def record_document(action: DocumentAction, size: DocumentSize, *, success: bool) -> None:
    """One operation on the knowledge base; ``size`` is ``none`` where the operation carries no document."""
    DOCUMENTS.labels(action, size, _outcome(success=success)).inc()


def websocket_opened() -> None:
    WEBSOCKET_CONNECTIONS.inc()


def websocket_closed() -> None:
    WEBSOCKET_CONNECTIONS.dec()


def websocket_dropped() -> None:
    """An open connection that its user did not close: the objective websocket_drop_ratio counts these."""
    WEBSOCKET_DROPS.inc()


def websocket_failed(stage: WebSocketStage) -> None:
    WEBSOCKET_FAILURES.labels(stage).inc()


def observe_websocket(measure: WebSocketMeasure, seconds: float, *, success: bool) -> None:
    WEBSOCKET_SECONDS[measure].labels(_outcome(success=success)).observe(seconds)


def sent_late() -> None:
    """One request that began later than the pace of its user asked for."""
    LATE_SENDS.inc()


def declare_transactions(names: list[str]) -> None:
    """Creates the series of these journeys at 0, before the load."""
    for name, outcome in product(names, _OUTCOMES):
        TRANSACTION_SECONDS.labels(name, outcome)


def observe_transaction(name: str, seconds: float, *, success: bool) -> None:
    """One journey; ``name`` is one of a few, set in code."""
    TRANSACTION_SECONDS.labels(name, _outcome(success=success)).observe(seconds)


def _outcome(*, success: bool) -> str:
    return "success" if success else "failure"
