"""What every dashboard has: variables, links to the others, annotations, and panels in rows of a grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common, dashboard

from grafana.source import colors
from grafana.source.panels import DATASOURCE, Builder
from grafana.source.queries import FIRING, ROW, last, of_run, series, with_row

TAG = "swarmscope"
GRAFANA_ITSELF = common.DataSourceRef(type_val="grafana", uid="-- Grafana --")
GRID_WIDTH = 24
REGENERATE = "python -m grafana.source"
#: More than any time: what is added to it is offered before all others.
FIRST = "1000000000000"
_STARTS = "loadtest_run_start_timestamp_seconds"
_OF_SCENARIO = "scenario=~$scenario"
#: Those within the time range come first: without one there, the newest of all is shown and not nothing.
RUNS_NEWEST_FIRST = (
    f"query_result(sort_desc(max by (run_id) (({last(_STARTS, run=_OF_SCENARIO)} and on (run_id)"
    f" last_over_time(loadtest_run_info[$__range])) + {FIRST} or {of_run(_STARTS, run=_OF_SCENARIO)})))"
)
RUN_ID_OF_RESULT = '/run_id="([^"]+)"/'


@dataclass(frozen=True)
class Line:
    """Panels side by side; a panel without a width shares what the others leave."""

    height: int
    panels: Sequence[Builder | tuple[Builder, int]]


@dataclass(frozen=True)
class Section:
    """Lines under a heading; a ``folded`` one is opened by a click, and says in its title why it may stay empty."""

    title: str
    lines: Sequence[Line]
    folded: bool = False


@dataclass(frozen=True)
class Board:
    """One dashboard; ``uid`` is also the name of its file and of the module it comes from."""

    uid: str
    title: str
    purpose: str
    sections: Sequence[Section]
    variables: Sequence[builders.QueryVariable] = ()
    annotations: Sequence[builders.AnnotationQuery] = ()  #: beside those of all dashboards
    time_from: str = "now-15m"

    def to_json(self) -> str:
        """Return the dashboard as Grafana imports it; the same bytes each time."""
        return json.dumps(self._build(), cls=JSONEncoder, indent=2, sort_keys=True, ensure_ascii=False) + "\n"

    def _build(self) -> dashboard.Dashboard:
        module = self.uid.replace("-", "_")
        board = builders.Dashboard(self.title).uid(self.uid).tags([TAG]).readonly()
        board.description(
            f"{self.purpose} Generated: change grafana/source/boards/{module}.py and run {REGENERATE}, not this file."
        )
        board.time(self.time_from, "now").refresh("5s").timezone("browser")
        board.tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        board.link(_links_to_all())
        for annotation in (_alerts(), _phases(), _notes(), *self.annotations):
            board.annotation(annotation)
        for variable in (_datasource(), _scenario(), _run(), *self.variables):
            board.with_variable(variable)
        built = board.build()
        built.panels = _placed(self.sections)
        return built


def query_variable(name: str, label: str, query: str, description: str) -> builders.QueryVariable:
    """Return a variable whose choices Prometheus gives, asked again when the time range changes."""
    variable = builders.QueryVariable(name).label(label).description(description).datasource(DATASOURCE)
    variable.query({"query": query, "refId": f"variable-{name}"}).definition(query)
    return variable.refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)


def annotation(name: str, color: str) -> builders.AnnotationQuery:
    """Return notes that Prometheus gives, without their query."""
    return builders.AnnotationQuery().name(name).enable(enable=True).icon_color(color).datasource(DATASOURCE)


def many(variable: builders.QueryVariable) -> builders.QueryVariable:
    """Of which several may be chosen, and all are at first."""
    everything = dashboard.VariableOption(text="All", value="$__all", selected=True)
    variable.multi(multi=True).include_all(include_all=True).all_value(".*").sort(
        dashboard.VariableSort.ALPHABETICAL_ASC
    )
    return variable.current(everything)


def _placed(sections: Sequence[Section]) -> list[dashboard.Panel | dashboard.RowPanel]:
    panels: list[dashboard.Panel | dashboard.RowPanel] = []
    top = number = 0
    for section in sections:
        row = builders.Row(section.title).collapsed(section.folded).build()
        row.grid_pos = dashboard.GridPos(h=1, w=GRID_WIDTH, x=0, y=top)
        top += 1
        within: list[dashboard.Panel] = []
        for line in section.lines:
            within.extend(_side_by_side(line, top))
            top += line.height
        row.panels = within if section.folded else []
        panels.extend([row] if section.folded else [row, *within])
        row.id_val = number + 1
        for place, panel in enumerate(within, start=1):
            panel.id_val = row.id_val + place
        number = row.id_val + len(within)
    return panels


def _side_by_side(line: Line, top: int) -> list[dashboard.Panel]:
    given = [panel if isinstance(panel, tuple) else (panel, 0) for panel in line.panels]
    free, sharing = GRID_WIDTH - sum(width for _, width in given), sum(not width for _, width in given)
    left, panels = 0, []
    for builder, asked in given:
        width = asked
        if not width:
            width = free // sharing
            free, sharing = free - width, sharing - 1
        panel = builder.build()
        panel.grid_pos = dashboard.GridPos(h=line.height, w=width, x=left, y=top)
        panels.append(panel)
        left += width
    return panels


def _links_to_all() -> builders.DashboardLink:
    link = builders.DashboardLink("Dashboards").type(dashboard.DashboardLinkType.DASHBOARDS).tags([TAG])
    link.include_vars(include_vars=True).keep_time(keep_time=True)
    link.build().placement = None  # type: ignore[assignment]  # in sight; the SDK knows the menu only
    return link


def _datasource() -> builders.DatasourceVariable:
    return builders.DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _scenario() -> builders.QueryVariable:
    query = "label_values(loadtest_run_info, scenario)"
    return many(query_variable("scenario", "Scenario", query, "Narrows the choice of runs."))


def _run() -> builders.QueryVariable:
    description = "Runs within the time range, then all others, each newest first."
    return query_variable("run_id", "Run", RUNS_NEWEST_FIRST, description).regex(RUN_ID_OF_RESULT)


def _alerts() -> builders.AnnotationQuery:
    """Return one note for each alert that fired, at the time since when it had reason to.

    A point and not the stretch in which it fired: a stretch tints the panels, and hides the notes below it.
    """
    fired = series("ALERTS", FIRING, "gate!=watch")
    since = f"{series('ALERTS_FOR_STATE', 'gate!=watch')} and ignoring (alertstate) {fired}"
    note = annotation("Alerts", colors.BAD).expr(f"{with_row(since)} * 1000").step("2s")
    note.title_format(f"{{{{{ROW}}}}}").tag_keys("gate,severity").text_format("{{alertname}}")
    return note.use_value_for_time(use_value_for_time=True)


def _phases() -> builders.AnnotationQuery:
    note = annotation("Phases", "blue").expr(f"{series('loadtest_phase_start_timestamp_seconds')} * 1000")
    return (
        note.step("10s").title_format("{{phase}}").text_format("{{run_id}}").use_value_for_time(use_value_for_time=True)
    )


def _notes() -> builders.AnnotationQuery:
    """Return what the runner writes into Grafana itself, by the tags it writes with."""
    target = builders.AnnotationTarget().type("tags").tags([TAG, "$run_id"]).match_any(match_any=False).limit(100)
    note = builders.AnnotationQuery().name("Notes of the runner").enable(enable=True).icon_color("purple")
    return note.datasource(GRAFANA_ITSELF).target(target)  # type: ignore[arg-type]  # the SDK knows queries only
