"""Sends spans to a collector in the background; one that is down, slow or refuses costs spans and one warning."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from urllib.parse import urlsplit

import gevent
import requests
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from swarmscope_exporter.tracing import TracingSettings

logger = logging.getLogger(__name__)

SERVICE_NAME = "swarmscope-locust"
SHUTDOWN_SECONDS = 2.0
#: After a failure nothing is tried for so long: each try is work for a process that measures latency.
PAUSE_AFTER_FAILURE_SECONDS = 5.0
_TIMEOUT_SECONDS = 2.0
#: Encoding is the one part that holds the process up: 64 spans take about 5 ms, the SDK's usual 512 about 40.
_BATCH_SPANS = 64
_SDK_LOGGER = "opentelemetry.sdk._shared_internal"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class SpanSender:
    """The SDK's provider with its queue; to be made after a fork, in the process that is traced."""

    def __init__(self, settings: TracingSettings, environment: Mapping[str, str] = os.environ) -> None:
        batch = None if environment.get("OTEL_BSP_MAX_EXPORT_BATCH_SIZE") else _BATCH_SPANS  # None: the SDK reads it
        # It would say for each span that a full queue drops it.
        logging.getLogger(_SDK_LOGGER).setLevel(logging.CRITICAL)
        self._processor = BatchSpanProcessor(patient_exporter(settings), max_export_batch_size=batch)
        name = environment.get("OTEL_SERVICE_NAME") or SERVICE_NAME
        self.provider = TracerProvider(
            resource=Resource.create({"service.name": name, "process.pid": os.getpid()}),
            sampler=ALWAYS_ON,  # what is not sampled never becomes a span
            id_generator=_OwnIds(),
            shutdown_on_exit=False,  # that would wait for half a minute
        )
        self.provider.add_span_processor(self._processor)

    def shutdown(self) -> None:
        """Send what is left, for two seconds at most."""
        gevent.spawn(self.provider.shutdown).join(timeout=SHUTDOWN_SECONDS)


class PatientExporter(SpanExporter):
    """Drops spans for a while after the collector did not take some, and says so once."""

    def __init__(
        self,
        exporter: SpanExporter,
        endpoint: str,
        reason: Callable[[], str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``reason`` returns why the last export failed."""
        self._exporter = exporter
        self._endpoint = endpoint
        self._reason = reason
        self._clock = clock
        self._silent_until = float("-inf")
        self._has_warned = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._clock() < self._silent_until:
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            self._silent_until = self._clock() + PAUSE_AFTER_FAILURE_SECONDS
            self._warn()
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def _warn(self) -> None:
        if not self._has_warned:
            self._has_warned = True
            logger.warning(
                "%s takes no spans (%s): the run goes on, and its traces are dropped while that lasts",
                self._endpoint,
                self._reason(),
            )


def patient_exporter(settings: TracingSettings) -> PatientExporter:
    """OTLP over HTTP, with short time-outs and without a log line for each batch."""
    session = requests.Session()
    # A proxy of the machine must not come between two processes on it.
    session.trust_env = urlsplit(settings.endpoint).hostname not in _LOOPBACK
    given = any(os.environ.get(f"OTEL_EXPORTER_OTLP_{name}TIMEOUT") for name in ("", "TRACES_"))
    exporter = OTLPSpanExporter(settings.endpoint, timeout=None if given else _TIMEOUT_SECONDS, session=session)
    logging.getLogger(OTLPSpanExporter.__module__).addFilter(_last_words)
    return PatientExporter(exporter, settings.endpoint, lambda: _last_words.text)


class _LastWords(logging.Filter):
    """Keeps what a logger says to itself, and remembers the last of it."""

    def __init__(self) -> None:
        super().__init__()
        self.text = "no reason given"

    def filter(self, record: logging.LogRecord) -> bool:
        self.text = " ".join(record.getMessage().split())
        return False


_last_words = _LastWords()


class _OwnIds(IdGenerator):
    """Ids from a source of their own: workers whose locustfile seeds ``random`` would all make the same."""

    def __init__(self) -> None:
        self._bits = Random().getrandbits  # noqa: S311  # no secret

    def generate_span_id(self) -> int:
        return self._bits(64) or 1

    def generate_trace_id(self) -> int:
        return self._bits(128) or 1
