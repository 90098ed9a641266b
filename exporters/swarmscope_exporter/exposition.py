"""Writes what is scraped, the large histograms by itself: prometheus-client takes six times as long.

A scrape holds the master's event loop, and nine lines in ten are buckets that differ in an edge and a number only.
Everything else is written by prometheus-client. Both formats have the same lines; exemplars are of OpenMetrics alone.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar as PublishedExemplar
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

from swarmscope_exporter.buckets import EDGES_SECONDS
from swarmscope_exporter.exemplars import Exemplar

EDGE_TEXTS = (*(floatToGoString(edge) for edge in EDGES_SECONDS), "+Inf")
_OPENMETRICS = "application/openmetrics-text"
_END = b"# EOF\n"
_COMPRESSION = 1  # a sixth of the time of the usual level; the text shrinks to a thirtieth all the same


@dataclass(frozen=True)
class Child:
    """One histogram: its labels, how many observations fell into each bucket, and the last traced one of some."""

    labels: Mapping[str, str]
    counts: list[int]
    sum_seconds: float
    exemplars: Mapping[int, Exemplar] = field(default_factory=dict)


class LatencyHistogram(Metric):
    """A family of histograms over the shared buckets; its samples are made when they are asked for."""

    def __init__(self, name: str, documentation: str, children: Iterable[Child]) -> None:
        self.children = tuple(children)
        super().__init__(name, documentation, "histogram")

    @property
    def samples(self) -> list[Sample]:
        return [sample for child in self.children for sample in self._samples_of(child)]

    @samples.setter
    def samples(self, _: list[Sample]) -> None:
        """Take the empty list that the base class sets."""

    def _samples_of(self, child: Child) -> Iterator[Sample]:
        labels = dict(child.labels)
        running = 0
        for index, (edge, count) in enumerate(zip(EDGE_TEXTS, child.counts, strict=True)):
            running += count
            exemplar = child.exemplars.get(index)
            published = _published(exemplar) if exemplar is not None else None
            yield Sample(f"{self.name}_bucket", {**labels, "le": edge}, running, None, published)
        yield Sample(f"{self.name}_count", labels, running)
        yield Sample(f"{self.name}_sum", labels, child.sum_seconds)

    def lines(self, *, with_exemplars: bool) -> Iterator[str]:
        """Yield the family in the text of either format."""
        yield f"# HELP {self.name} {self.documentation}\n# TYPE {self.name} histogram\n"
        for child in self.children:
            labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in child.labels.items())
            running = 0
            for index, (edge, count) in enumerate(zip(EDGE_TEXTS, child.counts, strict=True)):
                running += count
                exemplar = child.exemplars.get(index) if with_exemplars else None
                traced = "" if exemplar is None else _exemplar_text(exemplar)
                yield f'{self.name}_bucket{{{labels},le="{edge}"}} {_number(running)}{traced}\n'
            yield f"{self.name}_count{{{labels}}} {_number(running)}\n"
            yield f"{self.name}_sum{{{labels}}} {floatToGoString(child.sum_seconds)}\n"


class _Fixed(Collector):
    """These families and no others."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def exposition(collector: Collector, accept: str) -> tuple[bytes, str]:
    """Return what the collector has, in the format that the client accepts, and its content type."""
    try:
        encode, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # a version that is not a number
        encode, content_type = choose_encoder("")
    metrics = list(collector.collect())
    large = [metric for metric in metrics if isinstance(metric, LatencyHistogram)]
    others = encode(_Fixed([metric for metric in metrics if not isinstance(metric, LatencyHistogram)]))
    is_openmetrics = content_type.startswith(_OPENMETRICS)
    text = "".join(line for metric in large for line in metric.lines(with_exemplars=is_openmetrics)).encode()
    return (others.removesuffix(_END) + text + _END if is_openmetrics else others + text), content_type


def compressed(body: bytes) -> bytes:
    return gzip.compress(body, _COMPRESSION)


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


@lru_cache(4096)
def _number(count: int) -> str:
    return str(floatToGoString(count))


def _published(exemplar: Exemplar) -> PublishedExemplar:
    seconds = exemplar.response_ms / 1000
    return PublishedExemplar({"trace_id": exemplar.trace_id}, seconds, exemplar.timestamp_seconds)


def _exemplar_text(exemplar: Exemplar) -> str:
    seconds = floatToGoString(exemplar.response_ms / 1000)
    return f' # {{trace_id="{_escaped(exemplar.trace_id)}"}} {seconds} {exemplar.timestamp_seconds}'
