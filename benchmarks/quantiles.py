"""Quantiles of samples, and of a histogram's buckets."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise

from swarmscope_exporter.buckets import EDGES_SECONDS


def exact(samples: Sequence[float], quantile: float) -> float:
    """Return the smallest sample that at least this share of all does not exceed."""
    return sorted(samples)[math.ceil(round(quantile * len(samples), 9)) - 1]


def histogram_quantile(quantile: float, buckets: Sequence[tuple[float, float]]) -> float:
    """Prometheus' function: linear within the bucket that holds the rank (prometheus.io/docs, histogram_quantile)."""
    rank = quantile * buckets[-1][1]
    for (lower, below), (upper, count) in pairwise([(0.0, 0.0), *buckets]):
        if count >= rank:
            return lower if math.isinf(upper) else lower + (upper - lower) * (rank - below) / (count - below)
    raise ValueError("a histogram's last bucket holds all observations")


def sides_wrong(samples: Sequence[float], quantile: float, measured_seconds: float) -> int:
    """At how many of the possible thresholds the measured quantile would be judged otherwise than the samples."""
    ordered = sorted(samples)
    return sum(
        (measured_seconds > edge * (1 + 1e-12))
        != (sum_within(ordered, edge * 1000) < round(quantile * len(samples), 9))
        for edge in EDGES_SECONDS
    )


def sum_within(ordered: Sequence[float], limit: float) -> int:
    """Return how many of the sorted samples are at most the limit."""
    return bisect_left(ordered, math.nextafter(limit, math.inf))
