"""Dashboards and panels made by hand."""

from __future__ import annotations

from typing import Any

from swarmscope.report.html.dashboards import read_dashboard
from swarmscope.report.html.empty_panels import Surroundings
from swarmscope.report.html.panels import Dashboard
from swarmscope.report.html.query_cache import Asker
from swarmscope.report.html.window import Window
from tests.report.fake_prometheus import BEGIN, END, FakePrometheus

WINDOW = Window(BEGIN, END)
AROUND = Surroundings(frozenset({"loadtest", "api"}), frozenset({"ramp"}), {"run_id": "one", "scenario": "smoke"})


def document(
    kind: str,
    *queries: tuple[str, str],
    unit: str = "s",
    title: str = "Latency",
    width: int = 12,
    height: int = 8,
    instant: bool = False,
    signed: bool = False,
    mappings: list[dict[str, Any]] | None = None,
    overrides: list[dict[str, Any]] | None = None,
    no_value: str = "",
    custom: dict[str, Any] | None = None,
    options: dict[str, Any] | None = None,
    **rest: Any,
) -> dict[str, Any]:
    """Return a panel as a dashboard has it; ``queries`` are pairs of expression and legend."""
    return {
        "id": 1,
        "type": kind,
        "title": title,
        "description": "What it shows.",
        "gridPos": {"x": 0, "y": 0, "w": width, "h": height},
        "fieldConfig": {
            "defaults": {
                "unit": unit,
                "mappings": mappings or [],
                "noValue": no_value,
                "custom": custom or {},
                **({} if signed else {"min": 0}),
            },
            "overrides": overrides or [],
        },
        "options": options or {},
        "targets": [
            {"refId": "ABCDEFGH"[place], "expr": expr, "legendFormat": legend, "instant": instant}
            for place, (expr, legend) in enumerate(queries)
        ],
        **rest,
    }


def states(*meanings: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [{"type": "value", "options": {value: {"text": text, "color": color} for value, text, color in meanings}}]


def board(*panels: dict[str, Any], uid: str = "made", variables: list[dict[str, Any]] | None = None) -> Dashboard:
    return read_dashboard(
        {"uid": uid, "title": "Made", "panels": list(panels), "templating": {"list": variables or []}}
    )


def asker(prometheus: FakePrometheus, **limits: Any) -> Asker:
    return Asker(prometheus, WINDOW, **limits)
