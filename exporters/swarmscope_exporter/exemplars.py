"""Trace ids of sampled requests, beside the bucket that each was counted in: a slow dot on a panel opens its trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from swarmscope_exporter.cells import Cell

#: Most exemplars that one process keeps, and the master after the merge: about 100 bytes each, in reports and scrapes.
MAX_EXEMPLARS = 500


class Exemplar(NamedTuple):
    """One sampled request: the id of its trace in hexadecimal, its response time, when it ended (since the epoch)."""

    trace_id: str
    response_ms: float
    timestamp_seconds: float


class ExemplarKeeper:
    """Puts exemplars into cells: one for each bucket, the last, and in all so many.

    Beyond that the one that was noted longest ago gives way: those of successful requests first, so that no number of
    them displaces a failure.
    """

    def __init__(self, limit: int = MAX_EXEMPLARS) -> None:
        self._limit = limit
        self._successes: dict[tuple[int, int], Cell] = {}  # by cell and bucket, noted longest ago first
        self._failures: dict[tuple[int, int], Cell] = {}

    def note(self, cell: Cell, bucket: int, exemplar: Exemplar, *, failed: bool) -> None:
        """Keep an exemplar, unless a later one of the same bucket is known."""
        known = cell.exemplars.get(bucket)
        if known is not None and known.timestamp_seconds >= exemplar.timestamp_seconds:
            return
        kept, place = self._failures if failed else self._successes, (id(cell), bucket)
        kept.pop(place, None)
        kept[place] = cell
        cell.exemplars[bucket] = exemplar
        if len(self._successes) + len(self._failures) > self._limit:
            self._drop_one()

    def _drop_one(self) -> None:
        kept = self._successes or self._failures
        place = next(iter(kept))
        del kept.pop(place).exemplars[place[1]]
