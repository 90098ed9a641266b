"""Metric families of a run: every series carries its labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Exemplar as PublishedExemplar
from prometheus_client.utils import floatToGoString

from exporters.buckets import BUCKET_COUNT, EDGES_SECONDS
from exporters.exemplars import Exemplar
from exporters.recorder import Cell
from exporters.run import Run

LABELS = ("run_id", "scenario")
_EDGE_TEXTS = (*(floatToGoString(edge) for edge in EDGES_SECONDS), "+Inf")


def with_run(*labels: str) -> tuple[str, ...]:
    """The names of labels behind those of the run."""
    return (*LABELS, *labels)


def gauge(run: Run, name: str, text: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, text, labels=LABELS)
    family.add_metric([run.run_id, run.scenario], value)
    return family


def counter(
    run: Run, name: str, text: str, labels: tuple[str, ...], figures: Mapping[tuple[str, ...], float]
) -> Metric:
    family = CounterMetricFamily(name, text, labels=with_run(*labels))
    for values, figure in figures.items():
        family.add_metric([run.run_id, run.scenario, *values], figure)
    return family


def histogram(
    run: Run, name: str, text: str, labels: tuple[str, ...], cells: Iterable[tuple[tuple[str, ...], Cell]]
) -> Metric:
    """One histogram for each set of labels, summed over the cells that share it; of their exemplars the latest."""
    buckets: dict[tuple[str, ...], list[int]] = {}
    sums_ms: dict[tuple[str, ...], float] = defaultdict(float)
    exemplars: dict[tuple[str, ...], dict[int, Exemplar]] = defaultdict(dict)
    for values, cell in cells:
        total = buckets.setdefault(values, [0] * BUCKET_COUNT)
        for index, count in enumerate(cell.buckets):
            if count:
                total[index] += count
        sums_ms[values] += cell.sum_ms
        for index, exemplar in cell.exemplars.items():
            known = exemplars[values].setdefault(index, exemplar)
            exemplars[values][index] = max(known, exemplar, key=lambda each: each.timestamp_seconds)
    family = HistogramMetricFamily(name, text, labels=with_run(*labels))
    for values, counts in buckets.items():
        family.add_metric(
            [run.run_id, run.scenario, *values],
            _cumulative(counts, exemplars.get(values, {})),
            sum_value=sums_ms[values] / 1000,
        )
    return family


def _cumulative(
    counts: list[int], exemplars: Mapping[int, Exemplar]
) -> list[tuple[str, float] | tuple[str, float, PublishedExemplar]]:
    running = 0
    entries: list[tuple[str, float] | tuple[str, float, PublishedExemplar]] = []
    for index, (text, count) in enumerate(zip(_EDGE_TEXTS, counts, strict=True)):
        running += count
        exemplar = exemplars.get(index)
        entries.append((text, running) if exemplar is None else (text, running, _published(exemplar)))
    return entries


def _published(exemplar: Exemplar) -> PublishedExemplar:
    seconds = exemplar.response_ms / 1000
    return PublishedExemplar({"trace_id": exemplar.trace_id}, seconds, exemplar.timestamp_seconds)
