"""The books of a run with arrivals, on the master: what was due, and what became of it.

Each worker owns a share of the numbered arrivals and reports what became of them. Those of one that died are lost, but
for what its last report says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from swarmscope_exporter.intended_starts import ArrivalCounts

_NOTHING = ArrivalCounts()


@dataclass(frozen=True)
class Epoch:
    """From arrival ``since`` on worker i of N owns those whose number is i modulo N, until the next epoch."""

    since: int
    workers: tuple[str, ...]

    def owned(self, worker: str, begin: int, end: int) -> int:
        """Return how many arrivals from number ``begin`` to below ``end`` are that worker's."""
        if worker not in self.workers or end <= begin:
            return 0
        index, of = self.workers.index(worker), len(self.workers)
        return -((index - end) // of) + ((index - begin) // of)


@dataclass(frozen=True)
class ArrivalBooks:
    """Where the arrivals are: scheduled = started + dropped + cut off + lost, and those that still wait."""

    scheduled: int
    started: int
    dropped: int
    cut_off: int
    lost: int
    waiting: int

    @property
    def outcomes(self) -> Mapping[str, int]:
        return {"started": self.started, "dropped": self.dropped, "cut_off": self.cut_off, "lost": self.lost}


class ArrivalPlan:
    """Which worker owns which arrivals; ``total`` is how many were due up to now, by the schedule alone."""

    def __init__(self, workers: Sequence[str]) -> None:
        self.total = 0
        self.epochs = [Epoch(0, tuple(workers))]

    def share_anew(self, since: int, workers: Sequence[str]) -> None:
        """Let other workers own the arrivals from a number on."""
        self.epochs.append(Epoch(max(since, self.epochs[-1].since), tuple(workers)))

    def due(self, worker: str, end: int) -> int:
        """Return how many arrivals below number ``end`` are a worker's."""
        return sum(
            epoch.owned(worker, epoch.since, min(until, end))
            for epoch, until in self._bounded(end)
            if epoch.since < end
        )

    def books(
        self, counts: Mapping[str, ArrivalCounts], dead: Sequence[str] = (), *, is_walked: bool = False
    ) -> ArrivalBooks:
        """Return the books by what the workers have reported.

        ``dead`` will report nothing any more; ``is_walked`` says that the whole schedule was to be walked by now.
        """
        gone = {worker for epoch in self.epochs[:-1] for worker in epoch.workers} - {*self.epochs[-1].workers} | {*dead}
        end = self.total if is_walked else max((each.position for each in counts.values()), default=0)
        lost = due = 0
        for worker in gone:
            settled = _settled(counts.get(worker, _NOTHING))
            missing = max(0, self.due(worker, end) - settled)
            lost, due = lost + missing, due + missing + settled
        alive = [each for worker, each in counts.items() if worker not in gone]
        return ArrivalBooks(
            scheduled=self.total if is_walked else due + sum(each.scheduled for each in alive),
            started=sum(each.started for each in counts.values()),
            dropped=sum(each.dropped for each in counts.values()),
            cut_off=sum(each.cut_off for each in counts.values()),
            lost=lost,
            waiting=sum(each.waiting for each in alive),
        )

    def _bounded(self, end: int) -> Iterator[tuple[Epoch, int]]:
        """Yield each epoch with the number that it ends before."""
        for epoch, later in pairwise((*self.epochs, None)):
            assert epoch is not None
            yield epoch, end if later is None else later.since


def _settled(counts: ArrivalCounts) -> int:
    return counts.started + counts.dropped + counts.cut_off
