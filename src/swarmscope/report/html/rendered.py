"""A dashboard as it is shown: each panel with its figure, its table, or the reason why it has neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.report.html.charts import buckets_figure, over_time_figure, stands_in, states_figure
from swarmscope.report.html.crossings import Crossing
from swarmscope.report.html.empty_panels import Surroundings, what_is_awaited, why_aside, why_empty
from swarmscope.report.html.panel_data import Answer, ask
from swarmscope.report.html.panels import Dashboard, Kind, Panel
from swarmscope.report.html.query_cache import Asker
from swarmscope.report.html.tables import Figure, Table, figure_of, table_of
from swarmscope.report.html.window import Window

_CHARTS: Mapping[Kind, Callable[[Panel, Answer, Window, tuple[Crossing, ...]], dict[str, Any] | None]] = {
    Kind.TIMESERIES: over_time_figure,
    Kind.STATE_TIMELINE: states_figure,
    Kind.HEATMAP: buckets_figure,
}
#: The dashboard that stays open below a verdict, and its rows that repeat it.
OVERVIEW = "run-overview"
JUDGED_ROWS = frozenset({"Is it passing?", "What was run?"})
#: Why a whole dashboard has nothing to show.
_MAX_REASONS = 2


@dataclass(frozen=True)
class ShownPanel:
    """Exactly one of the fields beyond ``panel`` is set; ``why_empty`` is a sentence."""

    panel: Panel
    chart: dict[str, Any] | None = None
    table: Table | None = None
    figure: Figure | None = None
    why_empty: str = ""


@dataclass(frozen=True)
class Gap:
    """Panels that have nothing to show for the same reason."""

    why: str
    titles: tuple[str, ...]


@dataclass(frozen=True)
class ShownRow:
    title: str
    panels: tuple[ShownPanel, ...]
    gaps: tuple[Gap, ...] = ()
    is_repeated: bool = False  #: says what the verdict above it says
    is_folded: bool = False


@dataclass(frozen=True)
class Section:
    """A dashboard; ``aside`` says why it tells nothing of this run: a report leaves it out with that line."""

    uid: str
    title: str
    purpose: str
    rows: tuple[ShownRow, ...]
    aside: str = ""
    is_folded: bool = False


def below_verdict(section: Section) -> Section:
    """Return a section as it is shown below a verdict: the first dashboard without what that says, others folded."""
    if section.uid != OVERVIEW:
        return replace(section, is_folded=True)
    judged = [row for row in section.rows if row.title in JUDGED_ROWS]
    rows = [_told_over_time(row) if row in judged else row for row in section.rows]
    again = ShownRow(
        " · ".join(row.title for row in judged),
        tuple(panel for row in judged for panel in row.panels if panel.chart is None),
        tuple(gap for row in judged for gap in row.gaps),
        is_repeated=True,
    )
    shown = [row for row in rows if row.panels or row.gaps]
    return replace(section, rows=(*shown, *([again] if judged else [])))


def _told_over_time(row: ShownRow) -> ShownRow:
    """Return of a row that a verdict repeats what this does not tell: when each alert waited and fired."""
    return replace(row, panels=tuple(panel for panel in row.panels if panel.chart is not None), gaps=())


def shown_section(board: Dashboard, around: Surroundings, asker: Asker) -> Section:
    """Return a dashboard with everything that Prometheus has for it, what it has nothing for summed up row by row."""
    rows = []
    for row in board.rows:
        panels = [shown_panel(panel, around, asker) for panel in row.panels]
        drawn = tuple(panel for panel in panels if not panel.why_empty)
        rows.append(ShownRow(row.title, drawn, _gaps(panels), is_folded=row.is_folded))
    aside = why_aside(board, around) or _why_nothing(rows)
    return Section(board.uid, board.title, board.purpose, tuple(rows), aside)


def _why_nothing(rows: Iterable[ShownRow]) -> str:
    """Return the most frequent reasons for a dashboard that has nothing to show; empty for one that has something."""
    reasons: Counter[str] = Counter()
    for row in rows:
        if any(panel.figure is None or panel.figure.is_there for panel in row.panels):
            return ""
        for gap in row.gaps:
            reasons[gap.why] += len(gap.titles)
    return " ".join(why for why, _ in reasons.most_common(_MAX_REASONS))


def shown_panel(panel: Panel, around: Surroundings, asker: Asker) -> ShownPanel:
    """Return what Prometheus has for a panel, or why it has nothing."""
    try:
        answer = ask(panel, around.values, asker)
        return _drawn(panel, answer, around, asker) or ShownPanel(
            panel, why_empty=why_empty(panel, answer.exprs, around, asker)
        )
    except PrometheusUnavailableError as error:
        return ShownPanel(panel, why_empty=f"{error}.")


def _drawn(panel: Panel, answer: Answer, around: Surroundings, asker: Asker) -> ShownPanel | None:
    if panel.kind is Kind.STAT:  # says in its own words that there is nothing
        to_come = "" if answer.measured else what_is_awaited(panel, answer.exprs, around)
        return ShownPanel(panel, figure=Figure(to_come, is_there=False) if to_come else figure_of(panel, answer))
    if not answer.measured:
        return None
    if panel.kind is Kind.TABLE:
        return ShownPanel(panel, table=table_of(panel, answer))
    chart = _CHARTS[panel.kind](panel, answer, asker.window, around.crossings)
    if chart is None and panel.kind is Kind.STATE_TIMELINE:
        alone = next((line for line in answer.measured if stands_in(panel, line)), None)
        return None if alone is None else ShownPanel(panel, figure=Figure(alone.name, is_there=False))
    return None if chart is None else ShownPanel(panel, chart=chart)


def _gaps(panels: Iterable[ShownPanel]) -> tuple[Gap, ...]:
    titles: dict[str, list[str]] = {}
    for shown in panels:
        if shown.why_empty:
            titles.setdefault(shown.why_empty, []).append(shown.panel.title)
    return tuple(Gap(why, tuple(names)) for why, names in titles.items())
