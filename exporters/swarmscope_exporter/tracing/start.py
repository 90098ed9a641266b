"""Connects tracing to Locust; imported only where an endpoint is set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from locust.env import Environment

from swarmscope_exporter import tracing
from swarmscope_exporter.listeners import listen_first
from swarmscope_exporter.recorder import Recorder
from swarmscope_exporter.tracing.sender import SpanSender
from swarmscope_exporter.tracing.spans import Spans


def start_tracing(
    environment: Environment,
    settings: tracing.TracingSettings,
    recorder: Recorder,
    session_classes: Iterable[type[Any]],
) -> None:
    """Traces the requests of these clients; to be called after a fork, and after the recorder's listener was added."""
    options: Any = environment.parsed_options

    def labels() -> dict[str, str]:
        return {"run_id": options.loadtest_run_id, "scenario": options.loadtest_scenario}

    sender = SpanSender(settings)
    spans = Spans(sender.provider.get_tracer("swarmscope"), settings.ratio, labels, recorder.note_exemplar)
    for session_class in session_classes:
        spans.trace_requests(session_class)
    listen_first(environment.events.request, spans.on_request, after=recorder.on_request)
    listen_first(environment.events.test_start, lambda **_: spans.reset())
    environment.events.quitting.add_listener(lambda **_: sender.shutdown())
    tracing.use(spans)
