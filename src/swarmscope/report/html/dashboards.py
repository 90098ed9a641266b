"""Reads the dashboards as Grafana imports them; what the report could not draw is refused, not skipped."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from swarmscope.project.places import GRAFANA_DIR
from swarmscope.report.html.fields import DashboardError, axis_of, meanings_of, overrides_of
from swarmscope.report.html.panels import Dashboard, Kind, Organize, Panel, Row, Target, Variable

DASHBOARDS_DIR = GRAFANA_DIR / "dashboards"
#: The order of the sections; dashboards that are not named here follow by their names.
READING_ORDER = (
    "run-overview",
    "endpoints",
    "domain-signals",
    "spike",
    "soak",
    "system-under-test",
    "generator-health",
    "comparison",
)
#: Dashboards of many runs, which a search for the capacity is: a report is that of one run.
OF_MANY_RUNS = frozenset({"capacity"})
_KNOWN_TRANSFORMATIONS = frozenset({"merge", "organize"})
_STEP = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def read_dashboards(folder: Path = DASHBOARDS_DIR) -> tuple[Dashboard, ...]:
    """Return the dashboards of a folder in reading order, without those of many runs.

    Raise DashboardError, and OSError or ValueError.
    """
    paths = [path for path in sorted(folder.glob("*.json")) if path.stem not in OF_MANY_RUNS]
    found = [read_dashboard(json.loads(path.read_text(encoding="utf-8"))) for path in paths]
    if not found:
        raise DashboardError(f"There are no dashboards in {folder}: expected those of grafana/dashboards")
    places = {uid: place for place, uid in enumerate(READING_ORDER)}
    return tuple(sorted(found, key=lambda board: places.get(board.uid, len(places))))


def read_dashboard(document: Mapping[str, Any]) -> Dashboard:
    """Return one dashboard; raise DashboardError."""
    return Dashboard(
        uid=document["uid"],
        title=document["title"],
        purpose=document.get("description", "").partition(" Generated: ")[0],
        rows=_rows(document["uid"], document["panels"]),
        variables=tuple(_variables(document["templating"]["list"])),
    )


def seconds_of_step(text: str) -> float:
    """``10s`` in seconds; raise ValueError for what is not a length of time."""
    match = _STEP.fullmatch(text)
    if match is None:
        raise ValueError(f"Invalid step {text!r}: expected a number and ms, s, m or h")
    return float(match[1]) * _SECONDS[match[2]]


def _rows(uid: str, documents: Iterable[Mapping[str, Any]]) -> tuple[Row, ...]:
    """Return the panels under their headings; those of a collapsed row are within it."""
    rows: list[Row] = []
    for document in documents:
        if document["type"] == "row":
            within = tuple(_panel(uid, panel) for panel in document.get("panels", []))
            rows.append(Row(document["title"], within, is_folded=document.get("collapsed", False)))
            continue
        if not rows:
            rows.append(Row("", ()))
        rows[-1] = replace(rows[-1], panels=(*rows[-1].panels, _panel(uid, document)))
    return tuple(rows)


def _panel(uid: str, document: Mapping[str, Any]) -> Panel:
    where = f"{uid}: {document['title']}"
    try:
        kind = Kind(document["type"])
    except ValueError:
        raise DashboardError(
            f"{where} is a {document['type']!r}, which the report cannot draw: expected {', '.join(Kind)}"
        ) from None
    options, config = document.get("options", {}), document["fieldConfig"]
    defaults = config["defaults"]
    custom = defaults.get("custom", {})
    columns, fixed_colors = overrides_of(kind, config["overrides"], where)
    sort_by = options.get("sortBy", [])
    return Panel(
        key=f"{uid}-{document['id']}",
        kind=kind,
        title=document["title"],
        description=document.get("description", ""),
        unit=options.get("yAxis", {}).get("unit") or defaults.get("unit", "none"),
        width=document["gridPos"]["w"],
        height=document["gridPos"]["h"],
        targets=tuple(_target(target) for target in document["targets"]),
        min_step_seconds=seconds_of_step(document["interval"]) if document.get("interval") else None,
        decimals=defaults.get("decimals"),
        meanings=meanings_of(defaults.get("mappings", []), where),
        no_value=defaults.get("noValue", ""),
        stacked=custom.get("stacking", {}).get("mode") == "normal",
        signed="min" not in defaults,
        shows_name=options.get("textMode") == "name",
        axis=axis_of(custom),
        fixed_colors=fixed_colors,
        columns=columns,
        organize=_organize(document.get("transformations", []), where),
        sort_by=sort_by[0]["displayName"] if sort_by else "",
        sort_ascending=not sort_by[0].get("desc") if sort_by else False,
    )


def _target(document: Mapping[str, Any]) -> Target:
    exemplars = document.get("exemplar", False)
    return Target(document["refId"], document["expr"], document["legendFormat"], document["instant"], exemplars)


def _organize(transformations: Iterable[Mapping[str, Any]], where: str) -> Organize:
    organize = Organize()
    for transformation in transformations:
        if transformation["id"] not in _KNOWN_TRANSFORMATIONS:
            raise DashboardError(
                f"{where} is transformed by {transformation['id']!r}: the report knows"
                f" {', '.join(sorted(_KNOWN_TRANSFORMATIONS))}"
            )
        if transformation["id"] == "organize":
            options = transformation["options"]
            hidden = frozenset(name for name, excluded in options["excludeByName"].items() if excluded)
            organize = Organize(hidden, options["indexByName"], options["renameByName"])
    return organize


def _variables(documents: Iterable[Mapping[str, Any]]) -> Iterable[Variable]:
    for document in documents:
        if document["type"] == "datasource":
            continue  # there is one Prometheus here
        if document["type"] != "query":
            raise DashboardError(f"The variable {document['name']} is of the unknown type {document['type']!r}")
        chosen = document.get("current", {}).get("value")
        all_value = document.get("allValue") or ".*"
        yield Variable(
            name=document["name"],
            query=document["query"]["query"],
            regex=document.get("regex", "").strip("/"),
            all_value=all_value if document.get("includeAll") and chosen in ("$__all", None) else "",
        )
