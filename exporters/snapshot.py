"""A recorder's state as it travels in a worker's report: cumulative, so that a lost report is repaired by the next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from exporters.exemplars import Exemplar
from exporters.recorder import Cell, CellKey, Recorder

#: Key under which a snapshot lies in the data of Locust's worker reports.
REPORT_KEY = "swarmscope"


@dataclass(frozen=True)
class CellState:
    """Cumulative figures of one cell; ``buckets`` maps a bucket's index to its count, empty buckets left out."""

    buckets: dict[int, int]
    sum_ms: float
    bytes: int
    untimed: int
    exemplars: dict[int, Exemplar] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """All that one process saw of one run up to now; ``final`` is set on the last one after the users stopped."""

    run_id: str
    sequence: int
    final: bool
    cells: dict[CellKey, CellState]
    overflow: int = 0
    dropped: int = 0
    cut_off: int = 0
    mishaps: int = 0
    cpu_ratio: float = 0.0
    loop_lag_seconds: float = 0.0
    cpu_seconds: float = 0.0
    own_seconds: dict[str, float] = field(default_factory=dict)
    custom: list[dict[str, Any]] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """Requests recorded so far."""
        return sum(sum(state.buckets.values()) + state.untimed for state in self.cells.values())

    def to_wire(self) -> dict[str, Any]:
        """Plain lists and dicts, as msgpack carries them."""
        wire = {name: getattr(self, name) for name in _PLAIN_FIELDS}
        wire["cells"] = [[*key, *_row_of(state)] for key, state in self.cells.items()]
        return wire

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> Snapshot:
        """The inverse of `to_wire`; raises KeyError, TypeError or ValueError when the data is not a snapshot."""
        return cls(
            **{name: wire[name] for name in _PLAIN_FIELDS},
            cells={CellKey(*row[:4]): _state_of(row) for row in wire["cells"]},
        )


_PLAIN_FIELDS = (
    "run_id",
    "sequence",
    "final",
    "overflow",
    "dropped",
    "cut_off",
    "mishaps",
    "cpu_ratio",
    "loop_lag_seconds",
    "cpu_seconds",
    "own_seconds",
    "custom",
)


def cells_of(recorder: Recorder) -> dict[CellKey, CellState]:
    """The recorder's cells, frozen."""
    return {key: _freeze(cell) for key, cell in recorder.cells.items()}


def _freeze(cell: Cell) -> CellState:
    buckets = {index: count for index, count in enumerate(cell.buckets) if count}
    return CellState(buckets, cell.sum_ms, cell.bytes, cell.untimed, dict(cell.exemplars))


def _row_of(state: CellState) -> list[Any]:
    buckets = [part for pair in state.buckets.items() for part in pair]
    exemplars = [[bucket, *exemplar] for bucket, exemplar in state.exemplars.items()]
    return [buckets, state.sum_ms, state.bytes, state.untimed, exemplars]


def _state_of(row: list[Any]) -> CellState:
    _, _, _, _, flat, sum_ms, size_bytes, untimed, noted = row
    buckets = dict(zip(flat[::2], flat[1::2], strict=True))
    exemplars = {bucket: Exemplar(*exemplar) for bucket, *exemplar in noted}
    return CellState(buckets, sum_ms, size_bytes, untimed, exemplars)
