"""The one bucket grid of every latency histogram: about 19 edges a decade, from 1 ms to 60 s.

It contains every round number that a latency threshold may use, because a threshold on an edge is exact:
``histogram_quantile(q, …) > t`` then holds precisely when fewer than q of the observations are <= t.
"""

from __future__ import annotations

_MANTISSAS = (100, 120, 140, 160, 180, 200, 225, 250, 275, 300, 350, 400, 450, 500, 600, 700, 750, 800, 900)
_LAST_EDGE_MS = 60_000.0


def _edges_ms() -> tuple[float, ...]:
    edges = [mantissa * decade / 100 for decade in (1, 10, 100, 1_000, 10_000) for mantissa in _MANTISSAS]
    return tuple(edge for edge in edges if edge <= _LAST_EDGE_MS)


#: Upper bounds (inclusive) in milliseconds, the unit in which Locust reports: no rounding on the way to a bucket.
EDGES_MS: tuple[float, ...] = _edges_ms()

#: The same bounds in seconds, the unit in which they are published.
EDGES_SECONDS: tuple[float, ...] = tuple(edge / 1000 for edge in EDGES_MS)

#: Buckets of a histogram: one for each edge, and one for what is over the last.
BUCKET_COUNT = len(EDGES_MS) + 1
