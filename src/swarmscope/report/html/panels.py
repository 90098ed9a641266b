"""What a dashboard is made of, as plain data."""

from __future__ import annotations

import re
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
    """What a value means: its text, empty for the value itself, and its color on the page, which may be empty."""

    text: str
    color: str = ""


@dataclass(frozen=True)
class Meanings:
    """What values of a field mean, by the value as text; ``nothing`` is for the lack of one."""

    states: Mapping[str, State] = field(default_factory=dict)
    nothing: State | None = None


@dataclass(frozen=True)
class Column:
    """How one column of a table is written; what is not set is as in the whole table."""

    unit: str = ""
    meanings: Meanings = field(default_factory=Meanings)
    decimals: int | None = None
    title: str = ""
    is_hidden: bool = False


@dataclass(frozen=True)
class Organize:
    """Which fields a table shows, in which order, under which headings."""

    hidden: frozenset[str] = frozenset()
    order: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FixedColor:
    """The color of the lines of a query, or of those whose name in the legend matches."""

    color: str
    name: re.Pattern[str] | None = None
    ref: str = ""

    def is_of(self, name: str, ref: str) -> bool:
        return self.name.search(name) is not None if self.name is not None else self.ref == ref


@dataclass(frozen=True)
class Axis:
    """Of values: a ``soft`` end is one that it reaches at least."""

    is_log: bool = False
    soft_min: float | None = None
    soft_max: float | None = None


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
    decimals: int | None = None
    meanings: Meanings = field(default_factory=Meanings)
    no_value: str = ""
    stacked: bool = False
    signed: bool = False
    shows_name: bool = False
    axis: Axis = field(default_factory=Axis)
    fixed_colors: tuple[FixedColor, ...] = ()
    columns: Mapping[str, Column] = field(default_factory=dict)
    organize: Organize = field(default_factory=Organize)
    sort_by: str = ""
    sort_ascending: bool = False

    @property
    def share(self) -> int:
        """The width that it takes in a row, in 24ths: a table of many columns takes all of it."""
        return _WHOLE_ROW if len(self.organize.order) > _MAX_COLUMNS_SIDE_BY_SIDE else self.width

    def color_of(self, name: str, ref: str = "") -> str:
        """Return the color that a line of the query ``ref`` is to have; empty where that is not fixed."""
        return next((fixed.color for fixed in reversed(self.fixed_colors) if fixed.is_of(name, ref)), "")


@dataclass(frozen=True)
class Row:
    """Panels under one heading; ``is_folded`` when they are shown on demand."""

    title: str
    panels: tuple[Panel, ...]
    is_folded: bool = False


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
