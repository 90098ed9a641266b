"""Adds up what the workers saw, on the master: the last snapshot of each worker counts, also of one that has left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import compress

from swarmscope_exporter.buckets import BUCKET_COUNT
from swarmscope_exporter.cells import Cell, CellKey, Delays
from swarmscope_exporter.custom import CustomMerge
from swarmscope_exporter.endpoints import OVERFLOW_NAME
from swarmscope_exporter.exemplars import ExemplarKeeper
from swarmscope_exporter.intended_starts import ArrivalCounts, Waits
from swarmscope_exporter.names import DEFAULT_NAMING, NameBook, Naming
from swarmscope_exporter.saturation import Streaks
from swarmscope_exporter.snapshot import CellState, Snapshot, counts_of, unpack, unpack_waits
from swarmscope_exporter.users_merge import UsersMerge

_NOTHING = CellState(0, 0.0, 0, 0)
_INDICES = range(BUCKET_COUNT)


@dataclass(frozen=True)
class WorkerReport:
    """The last snapshot of a worker and when it came, in seconds since the epoch by the master's clock.

    ``streaks`` tell since when the worker has been without CPU or with a late event loop.
    """

    snapshot: Snapshot
    received_timestamp_seconds: float
    streaks: Streaks


class Merge:
    """The sum over all workers of one run.

    Each report replaces the worker's previous one: only the difference is added, so a report costs what changed,
    a repeated report changes nothing, and a scrape costs the same for 1 worker and for 1000.
    """

    def __init__(self, run_id: str, naming: Naming = DEFAULT_NAMING, clock: Callable[[], float] = time.time) -> None:
        self.run_id = run_id
        self.cells: dict[CellKey, Cell] = {}
        self.workers: dict[str, WorkerReport] = {}
        self.waits: dict[str, Waits] = {}  #: by name, as in `Snapshot`
        self.custom = CustomMerge()
        self._clock = clock
        self._names = NameBook(naming)
        self._exemplars = ExemplarKeeper()
        self._overflow = 0

    def update(self, worker: str, snapshot: Snapshot) -> bool:
        """Take a worker's report; False when it belongs to another run or is older than what is known already."""
        if snapshot.run_id != self.run_id:
            return False
        previous = self.workers.get(worker)
        if previous is not None and snapshot.sequence <= previous.snapshot.sequence:
            return False
        before = previous.snapshot.cells if previous is not None else {}
        for key, packed in snapshot.cells.items():
            known = before.get(key)
            if packed != known:
                self._add(key, unpack(packed), _NOTHING if known is None else unpack(known))
        waited = previous.snapshot.waits if previous is not None else {}
        for name, packed in snapshot.waits.items():
            if packed != waited.get(name):
                self._add_waits(name, packed, waited.get(name))
        self.custom.update(worker, snapshot.custom)
        for template, names in snapshot.folded_names.items():
            self._names.show_folded(template, *names)
        now = self._clock()
        streaks = (previous.streaks if previous is not None else Streaks()).after(snapshot, now)
        self.workers[worker] = WorkerReport(snapshot, now, streaks)
        return True

    def _add(self, key: CellKey, new: CellState, old: CellState) -> None:
        added = counts_of(new.buckets - old.buckets)
        untimed = new.untimed - old.untimed
        cell = self._cell_of(key, sum(added) + untimed)
        for index in compress(_INDICES, added):
            cell.buckets[index] += added[index]
        cell.sum_ms += new.sum_ms - old.sum_ms
        cell.bytes += new.bytes - old.bytes
        cell.untimed += untimed
        if new.entered:
            delays = cell.delays = cell.delays or Delays()
            _add_up(delays.left, new.left - old.left)
            _add_up(delays.entered, new.entered - old.entered)
            delays.sum_ms += new.delay_ms - old.delay_ms
        for bucket, exemplar in new.exemplars.items():
            if exemplar != old.exemplars.get(bucket):
                self._exemplars.note(cell, bucket, exemplar, failed=bool(key.error))

    def _add_waits(self, name: str, packed: bytes, known: bytes | None) -> None:
        waits = self.waits.setdefault(name, Waits())
        buckets, sum_ms = unpack_waits(packed)
        before, sum_before_ms = (0, 0.0) if known is None else unpack_waits(known)
        _add_up(waits.buckets, buckets - before)
        waits.sum_ms += sum_ms - sum_before_ms

    def _cell_of(self, key: CellKey, added: int) -> Cell:
        # Each worker caps its own names; their union can still be past the cap.
        published = self._names.published(key.name)
        if published != key.name:
            key = key._replace(name=published)
            self._overflow += added if published == OVERFLOW_NAME else 0
        return self.cells.setdefault(key, Cell())

    @property
    def overflow(self) -> int:
        """Observations folded into ``(overflow)``, in the workers or here."""
        return self._overflow + sum(snapshot.overflow for snapshot in self.snapshots())

    @property
    def name_templates(self) -> dict[str, str]:
        """The template of each name that shares it with others."""
        return self._names.shared_templates()

    @property
    def folded_names(self) -> dict[str, list[str]]:
        """By template, some names that are published under it, in the workers or here."""
        return self._names.folded

    @property
    def dropped(self) -> int:
        return sum(snapshot.dropped for snapshot in self.snapshots())

    @property
    def cut_off(self) -> int:
        return sum(snapshot.cut_off for snapshot in self.snapshots())

    @property
    def redirects(self) -> int:
        """Redirects to the origin that the request was first sent to."""
        return sum(snapshot.redirects for snapshot in self.snapshots())

    @property
    def redirects_elsewhere(self) -> int:
        """Redirects to another origin."""
        return sum(snapshot.redirects_elsewhere for snapshot in self.snapshots())

    @property
    def untimed(self) -> int:
        """Requests that are in no bucket: without a response time, or with an impossible one."""
        return sum(cell.untimed for cell in self.cells.values())

    @property
    def like_seconds(self) -> list[str]:
        """Request types that were timed in what looks like seconds."""
        return sorted({method for snapshot in self.snapshots() for method in snapshot.like_seconds})

    @property
    def begun(self) -> int:
        """Requests that the HTTP sessions began."""
        return sum(snapshot.begun for snapshot in self.snapshots())

    @property
    def has_intended_starts(self) -> bool:
        return any(snapshot.has_intended_starts for snapshot in self.snapshots())

    @property
    def arrivals(self) -> dict[str, ArrivalCounts]:
        """The books of each worker that has any."""
        reports = self.workers.items()
        return {name: ArrivalCounts(*report.snapshot.arrivals) for name, report in reports if report.snapshot.arrivals}

    @property
    def users(self) -> UsersMerge:
        """What became of the users, summed over all workers."""
        return UsersMerge(tuple(self.snapshots()))

    @property
    def exit_code(self) -> int:
        """What the locustfile has set in some worker as the exit code of Locust, 0 when nothing."""
        return next((snapshot.exit_code for snapshot in self.snapshots() if snapshot.exit_code), 0)

    def snapshots(self) -> Iterator[Snapshot]:
        return (report.snapshot for report in self.workers.values())


def _add_up(counts: list[int], added: int) -> None:
    """Add the difference of two states of all buckets, each in one number."""
    if added:
        for index, count in enumerate(counts_of(added)):
            counts[index] += count
