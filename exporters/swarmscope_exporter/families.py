"""Metric families of a run: every series carries its labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from swarmscope_exporter.buckets import BUCKET_COUNT
from swarmscope_exporter.cells import Cell
from swarmscope_exporter.exemplars import Exemplar
from swarmscope_exporter.exposition import Child, LatencyHistogram
from swarmscope_exporter.run import Run

LABELS = ("run_id", "scenario")


def with_run(*labels: str) -> tuple[str, ...]:
    """Return the names of labels behind those of the run."""
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


def by_user_class(run: Run, name: str, text: str, counts: Mapping[str, int]) -> Metric:
    return counter(run, name, text, ("user_class",), {(user_class,): count for user_class, count in counts.items()})


def histogram(
    run: Run, name: str, text: str, labels: tuple[str, ...], cells: Iterable[tuple[tuple[str, ...], Cell]]
) -> Metric:
    """Return one histogram for each set of labels, summed over the cells that share it.

    Of their exemplars the latest.
    """
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
    names = with_run(*labels)
    return LatencyHistogram(
        name,
        text,
        (
            Child(
                dict(zip(names, (run.run_id, run.scenario, *values), strict=True)),
                counts,
                sums_ms[values] / 1000,
                exemplars.get(values, {}),
            )
            for values, counts in buckets.items()
        ),
    )
