"""Carries a locustfile's ordinary prometheus-client metrics from the workers to the master, and merges them there.

Counters, histograms and summaries are summed; a gauge by its ``multiprocess_mode``, the parameter that
prometheus-client itself has for this: ``sum``, ``max``, ``min`` and their ``live…`` forms, else one series for
each worker. All are published relative to the start of the run, like everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_SUMMED_TYPES = frozenset({"counter", "histogram", "summary"})
_MERGED_GAUGES: dict[str, Callable[[list[float]], float]] = {"sum": sum, "max": max, "min": min}

Labels = tuple[tuple[str, str], ...]
SampleKey = tuple[str, Labels]


class CustomMetrics:
    """The locustfile's own metrics in this process, since the run began."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._at_start: dict[SampleKey, float] = {}

    def reset(self) -> None:
        """Remembers where the counters stand: a process outlives a run, a run's series start at 0."""
        self._at_start = {
            _key(sample): sample.value
            for family, _ in _families(self._registry)
            if family.type in _SUMMED_TYPES
            for sample in family.samples
        }

    def collect(self) -> list[dict[str, Any]]:
        """One entry for each metric, as plain data: name, type, documentation, gauge mode, samples."""
        return [self._entry(family, mode) for family, mode in _families(self._registry)]

    def _entry(self, family: Metric, mode: str) -> dict[str, Any]:
        return {
            "name": family.name,
            "type": family.type,
            "documentation": family.documentation,
            "mode": mode,
            "samples": [
                [sample.name, sorted(sample.labels.items()), sample.value - self._at_start.get(_key(sample), 0.0)]
                for sample in family.samples
                if not sample.name.endswith("_created")
            ],
        }


def merge_custom(by_worker: Iterable[tuple[str, list[dict[str, Any]]]], run_labels: dict[str, str]) -> Iterator[Metric]:
    """The metrics of all workers as one family each, with the run's labels on every sample.

    A name that two workers know with different types is published as the first has it, and the other left out.
    """
    families: dict[str, Metric] = {}
    values: dict[str, dict[SampleKey, list[float]]] = {}
    modes: dict[str, str] = {}
    for worker, entries in by_worker:
        for entry in entries:
            name = entry["name"]
            family = families.setdefault(name, Metric(name, entry["documentation"], entry["type"]))
            if family.type != entry["type"]:
                continue
            modes.setdefault(name, entry["mode"])
            extra = (("worker", worker),) if modes[name] == "each" else ()
            for sample_name, labels, value in entry["samples"]:
                key = (sample_name, (*((str(k), str(v)) for k, v in labels), *extra))
                values.setdefault(name, {}).setdefault(key, []).append(value)
    for name, family in families.items():
        combine = _MERGED_GAUGES.get(modes[name], _MERGED_GAUGES["sum"])
        for (sample_name, labels), parts in values.get(name, {}).items():
            family.add_sample(sample_name, {**run_labels, **dict(labels)}, float(combine(parts)))
        yield family


def _families(registry: CollectorRegistry) -> Iterator[tuple[Metric, str]]:
    # The registry's list of collectors is private, and it alone knows a gauge's mode. Collectors that are no metrics
    # (process, platform and garbage collector figures) are left out: they speak of the process, not of the run.
    for collector in list(registry._collector_to_names):  # noqa: SLF001
        if isinstance(collector, MetricWrapperBase):
            mode = _mode_of(getattr(collector, "_multiprocess_mode", "sum"))
            for family in collector.collect():
                yield family, mode


def _mode_of(multiprocess_mode: str) -> str:
    mode = multiprocess_mode.removeprefix("live")
    return mode if mode in _MERGED_GAUGES else "each"


def _key(sample: Sample) -> SampleKey:
    return sample.name, tuple(sorted(sample.labels.items()))
