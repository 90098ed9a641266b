"""A recorder's state as it travels in a worker's report: cumulative, so that a lost report is repaired by the next.

A cell's state stays packed: on the master two states that are equal are equal bytes, so that what has not changed since
the last report, which with a thousand workers is most, is never unpacked, and takes little memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from struct import Struct
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

import msgpack

from swarmscope_exporter.buckets import BUCKET_COUNT
from swarmscope_exporter.cells import Cell, CellKey
from swarmscope_exporter.exemplars import Exemplar
from swarmscope_exporter.intended_starts import Waits
from swarmscope_exporter.recorder import Recorder

#: Key under which a snapshot lies in the data of Locust's worker reports.
REPORT_KEY = "swarmscope"
_COUNTS = Struct(f"<{BUCKET_COUNT}I")


class CellState(NamedTuple):
    """Cumulative figures of one cell; ``buckets`` are the counts of all buckets in one number, 32 bits each.

    As counts only grow, the difference of two such numbers holds the difference of each bucket.
    """

    buckets: int
    sum_ms: float
    bytes: int
    untimed: int
    exemplars: Mapping[int, Exemplar] = MappingProxyType({})
    left: int = 0  #: buckets of `Delays`, as ``buckets``
    entered: int = 0
    delay_ms: float = 0.0


@dataclass(frozen=True)
class Snapshot:
    """All that one process saw of one run up to now; ``final`` is set on the last one after the users stopped.

    ``cells`` are packed (see `unpack`), and so are the samples of ``custom`` metrics (`swarmscope_exporter.custom`).
    """

    run_id: str
    sequence: int
    final: bool
    cells: dict[CellKey, bytes]
    requests: int = 0
    overflow: int = 0
    dropped: int = 0
    cut_off: int = 0
    redirects: int = 0
    redirects_elsewhere: int = 0
    unhandled_exceptions: int = 0
    begun: int = 0
    without_event: list[list[Any]] = field(default_factory=list)  #: rows of method, name, count
    iterations: dict[str, int] = field(default_factory=dict)  #: by user class, as are the next ones of users
    task_exceptions: list[list[Any]] = field(default_factory=list)  #: rows of `TaskExceptions.counts`
    tracebacks: list[list[str]] = field(default_factory=list)  #: rows of `TaskExceptions.tracebacks`
    failures: list[list[Any]] = field(default_factory=list)  #: rows of `FailureNotes.rows`
    users_cut_off: dict[str, int] = field(default_factory=dict)
    users_silent: dict[str, int] = field(default_factory=dict)
    has_intended_starts: bool = False
    missed_starts: dict[str, int] = field(default_factory=dict)
    arrivals: list[int] = field(default_factory=list)  #: `ArrivalCounts`; empty in a run without
    waits: dict[str, bytes] = field(default_factory=dict)  #: `Waits` by name, packed
    exit_code: int = 0
    cpu_ratio: float = 0.0
    loop_lag_seconds: float = 0.0
    loop_late_ratio: float = 0.0
    cpu_seconds: float = 0.0
    own_seconds: dict[str, float] = field(default_factory=dict)
    custom: list[dict[str, Any]] = field(default_factory=list)
    like_seconds: list[str] = field(default_factory=list)
    folded_names: dict[str, list[str]] = field(default_factory=dict)  #: by template, see `NameBook.folded`

    def to_wire(self) -> dict[str, Any]:
        """Plain lists and dicts, as msgpack carries them."""
        wire = {name: getattr(self, name) for name in _PLAIN_FIELDS}
        wire["cells"] = [[*key, packed] for key, packed in self.cells.items()]
        return wire

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Snapshot:
        """Return the inverse of `to_wire`; raise KeyError, TypeError or ValueError when the data is not a snapshot."""
        return cls(
            **{name: wire[name] for name in _PLAIN_FIELDS},
            # Interned: a thousand workers have the same names.
            cells={
                CellKey(intern(method), intern(name), status, intern(error)): packed
                for method, name, status, error, packed in wire["cells"]
            },
        )


_PLAIN_FIELDS = (
    "run_id",
    "sequence",
    "final",
    "requests",
    "overflow",
    "dropped",
    "cut_off",
    "redirects",
    "redirects_elsewhere",
    "unhandled_exceptions",
    "begun",
    "without_event",
    "iterations",
    "task_exceptions",
    "tracebacks",
    "failures",
    "users_cut_off",
    "users_silent",
    "has_intended_starts",
    "missed_starts",
    "arrivals",
    "waits",
    "exit_code",
    "cpu_ratio",
    "loop_lag_seconds",
    "loop_late_ratio",
    "cpu_seconds",
    "own_seconds",
    "custom",
    "like_seconds",
    "folded_names",
)


def cells_of(recorder: Recorder) -> dict[CellKey, bytes]:
    """Return the recorder's cells, packed."""
    return {key: _pack(cell) for key, cell in recorder.cells.items()}


def counts_of(buckets: int) -> tuple[int, ...]:
    """Return the count of each bucket.

    Raise OverflowError for what is not the difference of a later and an earlier state.
    """
    return _COUNTS.unpack(buckets.to_bytes(_COUNTS.size, "little"))


def unpack(packed: bytes) -> CellState:
    """Return the state in a cell of a snapshot; raise ValueError or TypeError when it is none."""
    counts, sum_ms, size_bytes, untimed, noted, *delays = msgpack.unpackb(packed, strict_map_key=False)
    exemplars = {bucket: Exemplar(*exemplar) for bucket, exemplar in noted.items()} if noted else {}
    state = CellState(_number(counts), sum_ms, size_bytes, untimed, exemplars)
    if not delays:
        return state
    left, entered, delay_ms = delays
    return state._replace(left=_number(left), entered=_number(entered), delay_ms=delay_ms)


def pack_waits(waits: Waits) -> bytes:
    """Return waits as they travel."""
    packed: bytes = msgpack.packb((_counts(waits.buckets), waits.sum_ms))
    return packed


def unpack_waits(packed: bytes) -> tuple[int, float]:
    """Return the buckets in one number, and the sum in milliseconds; raise ValueError or TypeError."""
    counts, sum_ms = msgpack.unpackb(packed)
    return _number(counts), sum_ms


def _pack(cell: Cell) -> bytes:
    delays = cell.delays
    more = () if delays is None else (_counts(delays.left), _counts(delays.entered), delays.sum_ms)
    figures = (_counts(cell.buckets), cell.sum_ms, cell.bytes, cell.untimed, cell.exemplars)
    packed: bytes = msgpack.packb((*figures, *more))
    return packed


def _counts(buckets: list[int]) -> bytes:
    return _COUNTS.pack(*buckets).rstrip(b"\0")


def _number(counts: bytes) -> int:
    return int.from_bytes(counts, "little")
