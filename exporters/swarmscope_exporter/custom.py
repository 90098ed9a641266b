"""Carries a locustfile's ordinary prometheus-client metrics from the workers to the master, and merges them there.

Counters, histograms and summaries are summed; a gauge by its ``multiprocess_mode``, the parameter that
prometheus-client itself has for this: ``sum``, ``max``, ``min`` and their ``live…`` forms, else one series for
each worker. All are published relative to the start of the run, like everything else.

A metric travels as its layout (names and labels of its samples, which hardly ever change and are the same everywhere)
and its values, both packed: the master unpacks what differs from the last report, and adds the difference.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import msgpack
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample

_SUMMED_TYPES = frozenset({"counter", "histogram", "summary"})
_CHOSEN: dict[str, Callable[[Iterable[float]], float]] = {"max": max, "min": min}
_MODES = frozenset({"sum", *_CHOSEN})
_LAYOUTS_KEPT = 1024
_COMPRESSION = 1  # layouts repeat themselves: the fastest level makes them ten times smaller

#: Our metrics that users record, by functions of ours: `transactions`, `websocket`, `shares`.
RECORDED_BY_USERS = frozenset(
    (
        "loadtest_share",
        "loadtest_transaction_duration_seconds",
        "loadtest_websocket_connect_seconds",
        "loadtest_websocket_connections",
        "loadtest_websocket_drops",
        "loadtest_websocket_failures",
        "loadtest_websocket_first_token_seconds",
        "loadtest_websocket_message_seconds",
    )
)
_RESERVED = re.compile(r"loadtest[_:].*|(prometheus|scrape)_.*|up|ALERTS.*")

Labels = tuple[tuple[str, str], ...]
SampleKey = tuple[str, Labels]


def is_reserved(name: str) -> bool:
    """Return whether a metric of that name would be taken for one that the exporter, the rules or Prometheus make."""
    return _RESERVED.fullmatch(name) is not None and name not in RECORDED_BY_USERS


def reserved_names(registry: CollectorRegistry = REGISTRY) -> tuple[str, ...]:
    """Return the reserved names that metrics of this process have, sorted."""
    return tuple(sorted(family.name for family, _ in _families(registry) if is_reserved(family.name)))


class CustomMetrics:
    """The locustfile's own metrics in this process, since the run began."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        self._registry = registry
        self._at_start: dict[SampleKey, float] = {}

    def reset(self) -> None:
        """Remember where the counters stand: a process outlives a run, a run's series start at 0."""
        self._at_start = {
            _key(sample): sample.value
            for family, _ in _families(self._registry)
            if family.type in _SUMMED_TYPES
            for sample in family.samples
        }

    def collect(self) -> list[dict[str, Any]]:
        """Return one entry for each metric, as plain data: name, type, documentation, gauge mode, packed samples."""
        return [self._entry(family, mode) for family, mode in _families(self._registry)]

    def _entry(self, family: Metric, mode: str) -> dict[str, Any]:
        samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
        keys = tuple(_key(sample) for sample in samples)
        values = [_lean(sample.value - self._at_start.get(key, 0.0)) for key, sample in zip(keys, samples, strict=True)]
        return {
            "name": family.name,
            "type": family.type,
            "documentation": family.documentation,
            "mode": mode,
            "layout": pack_layout(keys),
            "values": msgpack.packb(values),
        }


@dataclass
class _MergedMetric:
    """One metric over all workers."""

    documentation: str
    type: str
    mode: str
    sums: dict[SampleKey, float] = field(default_factory=dict)  #: of mode sum
    by_worker: dict[SampleKey, dict[str, float]] = field(default_factory=dict)  #: of the other modes
    reported: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)  #: the last layout and values of each worker

    def update(self, worker: str, layout: bytes, values: bytes) -> None:
        before = self.reported.get(worker)
        if before == (layout, values):
            return
        self.reported[worker] = layout, values
        new = _samples(layout, values)
        old = _samples(*before) if before is not None else {}
        if self.mode == "sum":
            self._add(new, old)
        else:
            self._note(worker, new, old)

    def _add(self, new: Mapping[SampleKey, float], old: Mapping[SampleKey, float]) -> None:
        sums = self.sums
        for key, value in new.items():
            known = old.get(key, 0.0)
            if value != known or key not in sums:
                sums[key] = sums.get(key, 0.0) + value - known
        for key in old.keys() - new.keys():  # a child that the worker has removed
            sums[key] -= old[key]

    def _note(self, worker: str, new: Mapping[SampleKey, float], old: Mapping[SampleKey, float]) -> None:
        for key, value in new.items():
            self.by_worker.setdefault(key, {})[worker] = value
        for key in old.keys() - new.keys():
            del self.by_worker[key][worker]

    def samples(self) -> Iterator[tuple[SampleKey, float]]:
        yield from self.sums.items()
        choose = _CHOSEN.get(self.mode)
        for (name, labels), values in self.by_worker.items():
            if choose is None:
                yield from (((name, (*labels, ("worker", worker))), value) for worker, value in values.items())
            elif values:
                yield (name, labels), choose(values.values())


class CustomMerge:
    """The metrics of all workers, each with its last report.

    A name that two workers know with different types is published as the first has it, and the other left out.
    A metric with a reserved name is not published: ``refused`` has the name.
    """

    def __init__(self) -> None:
        self._metrics: dict[str, _MergedMetric] = {}
        self.refused: set[str] = set()

    def update(self, worker: str, entries: Iterable[Mapping[str, Any]]) -> None:
        """Take what `CustomMetrics.collect` returned there; costs what has changed since that worker's last."""
        for entry in entries:
            if is_reserved(entry["name"]):
                self.refused.add(entry["name"])
                continue
            known = self._metrics.get(entry["name"])
            if known is None:
                known = _MergedMetric(entry["documentation"], entry["type"], entry["mode"])
                self._metrics[entry["name"]] = known
            if known.type == entry["type"]:
                known.update(worker, entry["layout"], entry["values"])

    def families(self, run_labels: Mapping[str, str]) -> Iterator[Metric]:
        """Return one family for each metric, with the run's labels on every sample."""
        for name, metric in self._metrics.items():
            family = Metric(name, metric.documentation, metric.type)
            for (sample_name, labels), value in metric.samples():
                family.add_sample(sample_name, {**run_labels, **dict(labels)}, float(value))
            yield family


def pack_layout(keys: tuple[SampleKey, ...]) -> bytes:
    # Text that is not valid Unicode is a label's value like any other to prometheus-client, and no text to msgpack.
    return zlib.compress(msgpack.packb(keys, unicode_errors="replace"), _COMPRESSION)


@lru_cache(_LAYOUTS_KEPT)
def _unpacked_layout(layout: bytes) -> tuple[SampleKey, ...]:
    keys = msgpack.unpackb(zlib.decompress(layout))
    return tuple((name, tuple((label, value) for label, value in labels)) for name, labels in keys)


def _samples(layout: bytes, values: bytes) -> dict[SampleKey, float]:
    return dict(zip(_unpacked_layout(layout), msgpack.unpackb(values), strict=True))


def _lean(value: float) -> float:
    """Return the same number as an integer where it is one: most are, and then take a byte or two."""
    return int(value) if float(value).is_integer() else value


def _families(registry: CollectorRegistry) -> Iterator[tuple[Metric, str]]:
    # The registry's list of collectors is private, and it alone knows a gauge's mode. Collectors that are not metrics
    # (process, platform and garbage collector figures) are left out: they speak of the process, not of the run.
    for collector in list(registry._collector_to_names):  # noqa: SLF001
        if isinstance(collector, MetricWrapperBase):
            mode = _mode_of(getattr(collector, "_multiprocess_mode", "sum"))
            for family in collector.collect():
                yield family, mode


def _mode_of(multiprocess_mode: str) -> str:
    mode = multiprocess_mode.removeprefix("live")
    return mode if mode in _MODES else "each"


def _key(sample: Sample) -> SampleKey:
    return sample.name, tuple(sorted(sample.labels.items()))
