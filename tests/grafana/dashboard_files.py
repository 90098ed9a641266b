"""The committed dashboards, as tests look at them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.places import ROOT

DASHBOARDS_DIR = ROOT / "grafana" / "dashboards"
_VARIABLE = re.compile(r"\$\{?([a-zA-Z_]\w*)\}?")


@dataclass(frozen=True)
class Target:
    """One query of one panel."""

    dashboard: str
    panel: str
    ref: str
    expr: str
    instant: bool
    kind: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.panel} {self.ref}"


@cache
def dashboards() -> dict[str, dict[str, Any]]:
    """File name without its ending to content."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(DASHBOARDS_DIR.glob("*.json"))}


def laid_out(name: str) -> list[dict[str, Any]]:
    """Return all panels from the top, those of folded rows behind their row."""
    return [each for panel in dashboards()[name]["panels"] for each in (panel, *panel.get("panels", ()))]


def panels(name: str) -> list[dict[str, Any]]:
    """Return the panels that show something: rows left out."""
    return [panel for panel in laid_out(name) if panel["type"] != "row"]


def targets() -> list[Target]:
    return [
        Target(name, panel["title"], target["refId"], target["expr"], target["instant"], panel["type"])
        for name in dashboards()
        for panel in panels(name)
        for target in panel["targets"]
    ]


def variables(name: str) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in dashboards()[name]["templating"]["list"]}


def used_variables(text: str) -> set[str]:
    return set(_VARIABLE.findall(text))


def filled(text: str, values: dict[str, str]) -> str:
    """Return the text with its variables replaced, as Grafana does; a KeyError names one that has no value."""
    return _VARIABLE.sub(lambda found: values[found[1]], text)
