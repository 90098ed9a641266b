"""Tracing as users and the plugin see it; without an endpoint it is off, and neither the SDK nor a request pays for it.

`swarmscope_exporter.tracing.spans` makes the spans, `swarmscope_exporter.tracing.sender` sends them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from swarmscope_exporter.tracing.spans import Spans

#: Share of the traces that is recorded when nothing else is said.
DEFAULT_RATIO = 0.01
ENDPOINT_VARIABLES = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
#: In the context of a sampled request's event: its W3C traceparent, for any listener.
CONTEXT_KEY = "traceparent"
_TRACES_PATH = "/v1/traces"
_FIXED_RATIOS = {"always_on": 1.0, "always_off": 0.0}


class TracingSettingsError(ValueError):
    """A setting is wrong; the message is one line that says which, why, and what to do."""


@dataclass(frozen=True)
class TracingSettings:
    """Where spans are posted to, and which share of the traces is recorded, from 0 to 1."""

    endpoint: str
    ratio: float = DEFAULT_RATIO


def settings_from(environment: Mapping[str, str], endpoint: str = "") -> TracingSettings | None:
    """Return what OpenTelemetry's standard variables say, None when tracing is off; ``endpoint`` wins over theirs.

    Raise TracingSettingsError.
    """
    traces, base = (environment.get(name, "").strip() for name in ENDPOINT_VARIABLES)
    base = endpoint or base
    url = f"{base.rstrip('/')}{_TRACES_PATH}" if endpoint or (base and not traces) else traces
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if not url or is_disabled or environment.get("OTEL_TRACES_EXPORTER", "").strip().lower() == "none":
        return None
    if not url.startswith(("http://", "https://")):
        raise TracingSettingsError(f"Traces: {url!r} is not an address: expected one like http://127.0.0.1:4318")
    return TracingSettings(url, _ratio(environment))


def _ratio(environment: Mapping[str, str]) -> float:
    sampler = environment.get("OTEL_TRACES_SAMPLER", "").strip().lower().removeprefix("parentbased_")
    if sampler in _FIXED_RATIOS:
        return _FIXED_RATIOS[sampler]
    if sampler not in {"", "traceidratio"}:
        known = ", ".join([*_FIXED_RATIOS, "traceidratio"])
        raise TracingSettingsError(f"OTEL_TRACES_SAMPLER={sampler} is not known here: expected one of {known}")
    text = environment.get("OTEL_TRACES_SAMPLER_ARG", "").strip()
    try:
        ratio = float(text) if text else DEFAULT_RATIO
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise TracingSettingsError(f"OTEL_TRACES_SAMPLER_ARG={text} is not a share: expected a number from 0 to 1")
    return ratio


class Journey:
    """A block of requests that may be traced; this one is not."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        pass

    def note(self, *, success: bool) -> None:
        """Say how the journey went; to be called before its end."""


_UNTRACED = Journey()
_spans: Spans | None = None


def use(spans: Spans | None) -> None:
    """Switch tracing on or off in this process."""
    global _spans  # noqa: PLW0603  # users are made by Locust, which hands them nothing of ours
    _spans = spans


def journey(name: str, user_class: str = "") -> Journey:
    """Return a context around several requests of one user: where it is sampled, its span is the parent of theirs."""
    return _UNTRACED if _spans is None else _spans.journey(name, user_class)


def begin_request(method: str, name: str, url: str, user_class: str = "") -> str:
    """Return the W3C traceparent of a request of a client that Locust does not know, such as a WebSocket message.

    Empty when it is not sampled. Else the client sends it along, and its value under `CONTEXT_KEY` in the context of
    Locust's ``request`` event ends the span.
    """
    return "" if _spans is None else _spans.begin(method, name, url, user_class)
