"""The page itself: templates, style and script, and how data gets into them unharmed."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from swarmscope.report.html.annotations import Mark
from swarmscope.report.html.axes import milliseconds
from swarmscope.report.html.rendered import OVERVIEW, Section
from swarmscope.report.html.verdict_view import Judgement

_HERE = Path(__file__).parent
_ENDS_A_SCRIPT = "</script"


@dataclass(frozen=True)
class Link:
    """A file beside the report, and what it is."""

    href: str
    text: str


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    run_id: str
    scenario: str
    judgement: Judgement | None
    sections: tuple[Section, ...]  #: those with an aside are left out, with a line each
    marks: tuple[Mark, ...]
    links: tuple[Link, ...] = ()
    colophon: str = ""

    @property
    def shown(self) -> tuple[Section, ...]:
        return tuple(section for section in self.sections if not section.aside or section.uid == OVERVIEW)

    @property
    def left_out(self) -> tuple[Section, ...]:
        return tuple(section for section in self.sections if section not in self.shown)


def report_html(report: Report) -> str:
    """Return one file that needs nothing else: script, style and data are in it."""
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            marks=[mark_document(mark) for mark in report.marks],
            style=Markup(page_css()),  # noqa: S704  # ours, and without data
            script=Markup(page_js()),  # noqa: S704
            plotly=packed_plotly(),
            policy=_policy(plotly_js(), page_js()),
        )
    )


def history_page(history: object) -> str:
    """Return a page on several runs, like `report_html` in one file that needs nothing else."""
    return _page("history.html.j2", history)


def comparison_page(comparison: object) -> str:
    """Return a page on two sides, like `report_html` in one file that needs nothing else."""
    return _page("comparison.html.j2", comparison)


def capacity_page(capacity: object) -> str:
    """Return a page on a search for the capacity, like `report_html` in one file that needs nothing else."""
    return _page("capacity.html.j2", capacity)


def _page(template: str, shown: object) -> str:
    return (
        _environment()
        .get_template(template)
        .render(
            report=shown,
            style=Markup(page_css()),  # noqa: S704  # ours, and without data
            script=Markup(page_js()),  # noqa: S704
            plotly=packed_plotly(),
            policy=_policy(plotly_js(), page_js()),
        )
    )


def live_html(report: Report, results: str = "") -> str:
    """Return the page that asks for its panels; they come from `panel_html` and as figures.

    ``results`` is the folder of the run, which the page names once the run is over and the page is no longer served.
    """
    style = Markup(page_css())  # noqa: S704
    return _environment().get_template("live.html.j2").render(report=report, results=results, style=style)


def panel_html(kind: str, shown: object) -> str:
    """Return the inside of a panel that is not a chart: a table, a figure, or the reason why there is nothing."""
    macros: Any = _environment().get_template("panels.html.j2").module
    return str(getattr(macros, kind)(shown))


def head_html(head: object) -> str:
    """Return the state of a run that is under way."""
    macros: Any = _environment().get_template("panels.html.j2").module
    return str(macros.head(head))


def progress_html(progress: object) -> str:
    """Return how far a run is that is under way."""
    macros: Any = _environment().get_template("panels.html.j2").module
    return str(macros.progress(progress))


def mark_document(mark: Mark) -> dict[str, Any]:
    """Return a mark for the page's script, in milliseconds."""
    end = None if mark.end is None else milliseconds(mark.end)
    return asdict(mark) | {"begin": milliseconds(mark.begin), "end": end}


def script_json(value: object) -> Markup:
    """JSON for a script element: no name within can end the element, or begin a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704  # nothing of HTML is left in it


@cache
def plotly_js() -> str:
    """Return Plotly's script, from its Python package."""
    return _script(resources.files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8"))


@cache
def packed_plotly() -> str:
    """Return Plotly's script as base64 of gzip, which the page's own script unpacks: 1.8 MB instead of 4.6."""
    return base64.b64encode(gzip.compress(plotly_js().encode(), mtime=0)).decode()


@cache
def page_js() -> str:
    return _script((_HERE / "static" / "report.js").read_text(encoding="utf-8"))


@cache
def page_css() -> str:
    return (_HERE / "static" / "report.css").read_text(encoding="utf-8")


def _script(text: str) -> str:
    if _ENDS_A_SCRIPT in text.lower():
        raise ValueError(f"A script that holds {_ENDS_A_SCRIPT} cannot be put into a page")
    return text


def _policy(*scripts: str) -> str:
    """Only these scripts run, and nothing is fetched from anywhere."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
    return f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["script_json"] = script_json
    return environment
