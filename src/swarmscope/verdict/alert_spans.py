"""Turns the samples of ALERTS into stretches: when each alert was pending, firing, and resolved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from swarmscope.prometheus.names import WATCH_GATE
from swarmscope.prometheus.series import Sample, Series
from swarmscope.verdict.verdict import AlertSpan

#: A later sample than this many intervals after the one before begins another stretch.
_ALLOWED_INTERVALS = 2.5
_SUBJECT_LABELS = ("objective", "method", "name", "transaction", "worker", "instance")


def alert_spans(alerts: tuple[Series, ...], interval_seconds: float) -> tuple[AlertSpan, ...]:
    """Return the stretches of all alerts that speak of a run, in order of time."""
    last_evaluation = max((s.timestamp_seconds for series in alerts for s in series.samples), default=0.0)
    allowed = _ALLOWED_INTERVALS * interval_seconds
    fired_from = _beginnings_of_firing(alerts)
    spans = []
    for series in alerts:
        if series.labels.get("gate") == WATCH_GATE:
            continue
        for first, last in _stretches(series.samples, allowed):
            gone = last + interval_seconds
            goes_on = last + allowed >= last_evaluation
            became = any(last < start <= last + allowed for start in fired_from.get(_identity(series.labels), ()))
            spans.append(_span(series.labels, first, last, None if goes_on or became else gone))
    return tuple(sorted(spans, key=lambda span: (span.first_seconds, span.name, span.state)))


def pending_alerts(conditions: Iterable[Series], alerts: Iterable[Series]) -> tuple[Series, ...]:
    """Return the conditions that alerts wait for (loadtest:condition_since_seconds) in the form of pending alerts.

    Its own `pending` is of alerts with `for` alone, which cannot depend on the length of a run.
    """
    fired = {
        (_identity(series.labels), sample.timestamp_seconds)
        for series in alerts
        if series.labels.get("alertstate") == "firing"
        for sample in series.samples
    }
    found = []
    for condition in conditions:
        kept = {name: value for name, value in condition.labels.items() if name not in {"__name__", "alert"}}
        kept.setdefault("gate", "validity")  # most are; a condition of an objective says so
        own = {"alertname": condition.labels.get("alert", ""), "severity": "critical"}
        identity = _identity(kept | own)
        samples = tuple(s for s in condition.samples if (identity, s.timestamp_seconds) not in fired)
        found.append(Series(kept | own | {"alertstate": "pending"}, samples))
    return tuple(series for series in found if series.samples)


def subject_of(labels: Mapping[str, str]) -> str:
    """Return what an alert speaks of beyond its name, such as ``endpoint_latency_p95_seconds POST /api/chat``."""
    return " ".join(labels[label] for label in _SUBJECT_LABELS if labels.get(label))


def _stretches(samples: tuple[Sample, ...], allowed_seconds: float) -> Iterator[tuple[float, float]]:
    times = [sample.timestamp_seconds for sample in samples]
    if not times:
        return
    breaks = [index for index, (one, other) in enumerate(pairwise(times), 1) if other - one > allowed_seconds]
    for start, end in pairwise([0, *breaks, len(times)]):
        yield times[start], times[end - 1]


def _beginnings_of_firing(alerts: tuple[Series, ...]) -> dict[frozenset[tuple[str, str]], list[float]]:
    found: dict[frozenset[tuple[str, str]], list[float]] = {}
    for series in alerts:
        if series.labels.get("alertstate") == "firing":
            found.setdefault(_identity(series.labels), []).extend(s.timestamp_seconds for s in series.samples)
    return found


def _identity(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in labels.items() if name not in {"__name__", "alertstate"})


def _span(labels: Mapping[str, str], first: float, last: float, resolved: float | None) -> AlertSpan:
    return AlertSpan(
        name=labels.get("alertname", ""),
        state=labels.get("alertstate", ""),
        # An alert that forgot to say how bad it is counts as the worst.
        severity=labels.get("severity", "critical"),
        gate=labels.get("gate", ""),
        subject=subject_of(labels),
        first_seconds=first,
        last_seconds=last,
        resolved_seconds=resolved,
    )
