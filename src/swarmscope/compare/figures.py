"""The figures that are compared: how each is taken of a stretch, and which way is worse."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from swarmscope.compare.summary import Stretch, Times


@dataclass(frozen=True)
class Figure:
    """A figure of a stretch; ``value`` returns None where it has none.

    ``decides`` is whether a comparison that cannot tell of it cannot tell at all. One that ``is_share`` is compared by
    its difference, others by their ratio. One ``of_all`` is taken of all requests alone.
    """

    name: str
    value: Callable[[Stretch], float | None]
    more_is_worse: bool = True
    decides: bool = False
    is_share: bool = False
    of_all: bool = False


def quantile_of(times: Times, quantile: float) -> float | None:
    """Return a quantile in seconds, on a straight line in its bucket as Prometheus has it; None without observations.

    One beyond the last finite edge is that edge.
    """
    wanted = quantile * times.count
    if not wanted:
        return None
    seen = 0.0
    for lower, upper, count in times.buckets:
        if seen + count >= wanted:
            return lower if math.isinf(upper) else lower + (upper - lower) * (wanted - seen) / count
        seen += count
    return times.buckets[-1][0]


def _latency_quantile(stretch: Stretch, quantile: float) -> float | None:
    return quantile_of(stretch.latency, quantile)


def _service_p95(stretch: Stretch) -> float | None:
    return None if stretch.service is None else quantile_of(stretch.service, 0.95)


def _latency_mean(stretch: Stretch) -> float | None:
    return stretch.latency.mean_seconds


def _error_ratio(stretch: Stretch) -> float | None:
    return stretch.failures / stretch.requests if stretch.requests else None


def _throughput(stretch: Stretch) -> float | None:
    return stretch.requests / stretch.seconds if stretch.seconds else None


#: By name, in the order in which they are shown. The mean decides beside the p95, for it knows no buckets: a target
#: whose answers all fall into one of them would hide a shift there.
FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        each.name: each
        for each in (
            Figure("latency_p50_seconds", partial(_latency_quantile, quantile=0.5)),
            Figure("latency_p95_seconds", partial(_latency_quantile, quantile=0.95), decides=True),
            Figure("latency_p99_seconds", partial(_latency_quantile, quantile=0.99)),
            Figure("latency_mean_seconds", _latency_mean, decides=True),
            Figure("service_time_p95_seconds", _service_p95),
            Figure("error_ratio", _error_ratio, decides=True, is_share=True),
            Figure("throughput_requests_per_second", _throughput, more_is_worse=False, decides=True, of_all=True),
        )
    }
)
#: Of what the target used (`RunSummary.target`): more is worse, and nothing of it decides.
TARGET_FIGURES = ("target_cpu_seconds_per_request", "target_memory_bytes", "target_pool_in_use_ratio")
