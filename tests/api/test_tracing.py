"""Traces of the API: it continues those of its callers, and starts none."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest
from websockets.sync.client import connect

from tests.api.harness import StartApi, free_port, token
from tests.tracing.collector import Collector, ReceivedSpan

pytestmark = pytest.mark.real

SAMPLED, NOT_SAMPLED = "01", "00"


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    yield server
    server.stop()


def traceparent(flags: str = SAMPLED) -> str:
    return f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-{flags}"


def trace_id(header: str) -> str:
    return header.split("-")[1]


def test_a_traced_request_has_spans_and_log_lines_with_its_ids_and_an_untraced_one_has_none(
    start_api: StartApi, collector: Collector
) -> None:
    api = start_api(OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, API_ACCESS_LOG="true")
    traced, untraced = traceparent(), traceparent(NOT_SAMPLED)
    with api.client() as client:
        headers = {"Authorization": f"Bearer {token(client, 1)}"}
        for header in (traced, untraced):
            assert client.get("/api/leads?limit=3", headers={**headers, "traceparent": header}).status_code == 200
        assert client.get("/api/leads?limit=4", headers=headers).status_code == 200
    assert api.stop() == 0
    spans = {span.name: span for span in collector.received}
    assert {span.trace_id for span in collector.received} == {trace_id(traced)}
    server, sql = spans["GET /api/leads"], spans["SELECT"]
    assert (server.parent_id, sql.parent_id) == (traced.split("-")[2], server.span_id)
    assert server.attributes["http.response.status_code"] == 200
    lines = [line for line in api.lines if "/api/leads" in line]
    ids = f" trace_id={server.trace_id} span_id={server.span_id}"
    assert [line.endswith(ids) for line in lines] == [True, False, False]
    assert [line.endswith("200 OK") for line in lines] == [False, True, True]


def test_a_message_belongs_to_its_own_trace_and_not_to_that_of_its_connection(
    start_api: StartApi, collector: Collector
) -> None:
    api = start_api(OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint)
    connecting, asking = traceparent(), traceparent()
    with api.client() as client:
        access = token(client, 1)
    address = api.url.replace("http://", "ws://") + "/api/realtime/ws"
    with connect(address, additional_headers={"traceparent": connecting}) as connection:
        connection.send(json.dumps({"type": "auth", "token": access}))
        for number, header in enumerate((asking, traceparent(NOT_SAMPLED), "nonsense", 7, None)):
            message = {"type": "message", "id": str(number), "text": f"What helps against {uuid.uuid4().hex}?"}
            connection.send(json.dumps(message | ({} if header is None else {"traceparent": header})))
            while json.loads(connection.recv(timeout=10))["type"] != "answer":
                pass
    assert api.stop() == 0
    by_trace: dict[str, list[ReceivedSpan]] = {}
    for span in collector.received:
        by_trace.setdefault(span.trace_id, []).append(span)
    assert set(by_trace) == {trace_id(connecting), trace_id(asking)}
    [message_span] = [span for span in by_trace[trace_id(asking)] if span.name == "/api/realtime/ws message"]
    assert message_span.parent_id == asking.split("-")[2]
    assert {span.parent_id for span in by_trace[trace_id(asking)]} == {message_span.parent_id, message_span.span_id}
    assert len(by_trace[trace_id(connecting)]) == 1


def test_a_collector_that_is_down_is_one_warning(start_api: StartApi) -> None:
    api = start_api(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}", OTEL_BSP_SCHEDULE_DELAY="50")
    with api.client() as client:
        for _ in range(3):
            assert client.get("/health", headers={"traceparent": traceparent()}).status_code == 200
    assert api.stop() == 0
    warnings = [line for line in api.lines if "opentelemetry" in line]
    assert len(warnings) == 1, api.output
    assert warnings[0].startswith("WARNING opentelemetry.exporter.otlp.proto.http.trace_exporter: "), warnings
    assert "Traceback" not in api.output


@pytest.mark.parametrize("module", ["api.server", "swarmscope_exporter.plugin"])
def test_without_an_endpoint_no_exporter_and_no_instrumentation_is_imported(module: str) -> None:
    # The SDK itself may be there: redis-py looks for it.
    begun = ("opentelemetry.exporter", "opentelemetry.instrumentation", "api.tracing", "swarmscope_exporter.tracing.")
    program = f"import sys, {module}; print([name for name in sys.modules if name.startswith({begun})])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout.strip() == "[]"
