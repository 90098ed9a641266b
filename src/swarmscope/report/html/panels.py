"""What a dashboard is made of, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

_WHOLE_ROW = 24
_MAX_COLUMNS_SIDE_BY_SIDE = 7


class Kind(StrEnum):
    TIMESERIES = "timeseries"
    STAT = "stat"
    TABLE = "table"
    STATE_TIMELINE = "state-timeline"
    HEATMAP = "heatmap"


@dataclass(frozen=True)
class Target:
    """One query of a panel.

    ``instant`` asks for the value at the end of the time range only, ``exemplars`` for the traced requests as well.
    """

    ref: str
    expr: str
    legend: str
    instant: bool
    exemplars: bool = False


@dataclass(frozen=True)
class State:
    """What a value means: its text and the name of its colour."""

    text: str
    color: str


@dataclass(frozen=True)
class Column:
    """How the values of one column of a table are written."""

    unit: str
    states: Mapping[str, State] = field(default_factory=dict)


@dataclass(frozen=True)
class Organize:
    """Which fields a table shows, in which order, under which headings."""

    hidden: frozenset[str] = frozenset()
    order: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """``key`` is unique over all dashboards; ``width`` is in 24ths, ``height`` in lines of the grid."""

    key: str
    kind: Kind
    title: str
    description: str
    unit: str
    width: int
    height: int
    targets: tuple[Target, ...]
    min_step_seconds: float | None = None
    states: Mapping[str, State] = field(default_factory=dict)
    no_value: str = ""
    stacked: bool = False
    signed: bool = False
    shows_name: bool = False
    columns: Mapping[str, Column] = field(default_factory=dict)
    organize: Organize = field(default_factory=Organize)
    sort_by: str = ""

    @property
    def share(self) -> int:
        """The width that it takes in a row, in 24ths: a table of many columns takes all of it."""
        return _WHOLE_ROW if len(self.organize.order) > _MAX_COLUMNS_SIDE_BY_SIDE else self.width


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """One that Prometheus gives the choices of; ``all_value`` stands for all of them, where that is what is chosen."""

    name: str
    query: str
    regex: str = ""
    all_value: str = ""


@dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    purpose: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...]

    @property
    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row.panels)
