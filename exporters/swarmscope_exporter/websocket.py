"""What becomes of WebSocket connections and messages, which no status code tells.

They are ordinary prometheus-client metrics (see `swarmscope_exporter.custom`), with every child created at 0.
"""

from __future__ import annotations

from itertools import product
from typing import Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from swarmscope_exporter.buckets import EDGES_SECONDS

WebSocketStage = Literal["connect", "send", "receive", "timeout", "unanswered_at_stop"]
WebSocketMeasure = Literal["connect", "first_token", "message"]

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


def _create_children() -> None:
    for stage in get_args(WebSocketStage):
        WEBSOCKET_FAILURES.labels(stage)
    for histogram, outcome in product(WEBSOCKET_SECONDS.values(), ("success", "failure")):
        histogram.labels(outcome)


_create_children()


def websocket_opened() -> None:
    WEBSOCKET_CONNECTIONS.inc()


def websocket_closed() -> None:
    WEBSOCKET_CONNECTIONS.dec()


def websocket_dropped() -> None:
    """Count an open connection that its user did not close: the objective websocket_drop_ratio is of these."""
    WEBSOCKET_DROPS.inc()


def websocket_failed(stage: WebSocketStage) -> None:
    WEBSOCKET_FAILURES.labels(stage).inc()


def observe_websocket(measure: WebSocketMeasure, seconds: float, *, success: bool) -> None:
    WEBSOCKET_SECONDS[measure].labels("success" if success else "failure").observe(seconds)
