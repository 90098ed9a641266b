"""What Prometheus answers, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One raw sample as Prometheus stored it; the timestamp is in seconds since the epoch."""

    timestamp_seconds: float
    value: float


@dataclass(frozen=True)
class Series:
    """One series with its raw samples, oldest first."""

    labels: Mapping[str, str]
    samples: tuple[Sample, ...]


@dataclass(frozen=True)
class LoadedRule:
    """A rule as Prometheus has it."""

    group: str
    name: str
    query: str
    health: str
    last_error: str
    labels: dict[str, str]
    evaluation_interval_seconds: float
    for_seconds: float = 0.0
    keep_firing_seconds: float = 0.0
    is_alert: bool = False
    summary: str = ""  #: of an alert: what it says, where that needs no figures


@dataclass(frozen=True)
class ExemplarSeries:
    """The exemplars of one series, each with labels of its own; a sample's value is that of the observation."""

    labels: dict[str, str]
    exemplars: tuple[tuple[dict[str, str], Sample], ...]


@dataclass(frozen=True)
class ScrapeTarget:
    """A target that Prometheus scrapes now; ``address`` is its host and port, ``health`` up, down or unknown."""

    job: str
    address: str
    health: str
    last_error: str
    interval_seconds: float


@dataclass(frozen=True)
class StoredSeries:
    """One series as Prometheus writes it, nothing rounded: times in milliseconds, values in its own digits."""

    labels: Mapping[str, str]
    times_ms: tuple[int, ...]
    values: tuple[str, ...]
