"""What the judge of a run left in its results folder, for the browser that shows Locust's page: reading only."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from swarmscope_exporter.verdicts import Judged

PATH = "/loadtest/results"
_REPORT, _VERDICT = "report.html", "verdict.md"
#: It does not draw itself in a sandbox, and Locust itself serves the same.
_OF_LOCUST = "locust-report.html"
_TEXT = "text/plain; charset=utf-8"
#: Each file that is served, the report and what it leads to, with its type.
TYPES = {
    _REPORT: "text/html; charset=utf-8",
    _VERDICT: _TEXT,
    "verdict.json": "application/json",
    "junit.xml": "application/xml",
    "metrics.txt": _TEXT,
    _OF_LOCUST: "text/html; charset=utf-8",
    "locust-requests.csv": _TEXT,
    "locust-failures.csv": _TEXT,
    "locust-exceptions.csv": _TEXT,
}
#: What a page among these says is of the system under test in part: it gets no access to Locust's own pages.
_SANDBOX = "sandbox allow-scripts allow-downloads allow-popups; "
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def headers_of(name: str) -> dict[str, str]:
    """Return what a browser is told beside a file."""
    sandbox = "" if name == _OF_LOCUST else _SANDBOX
    return {**_HEADERS, "Content-Security-Policy": f"{sandbox}frame-ancestors 'none'"}


def links_to_results(judged: Judged | None) -> dict[str, str]:
    """Return name to address of the report and the verdict of that run, of those that this machine has."""
    if judged is None:
        return {}
    wanted = {"Report": _REPORT, "Verdict": _VERDICT}
    return {
        text: f"{PATH}/{quote(judged.run_id, safe='')}/{name}"
        for text, name in wanted.items()
        if result_file(judged, judged.run_id, name) is not None
    }


def result_file(judged: Judged | None, run_id: str, name: str) -> Path | None:
    """Return a file that may be shown; None for another name or run, and where this machine does not have it.

    The folder is the one that the judge named: its own name has to be the run's id.
    """
    if judged is None or run_id != judged.run_id or name not in TYPES:
        return None
    folder = Path(judged.verdict.results)
    if not folder.is_absolute() or folder.name != run_id:
        return None
    path = folder / name
    try:
        return path if path.is_file() and not path.is_symlink() else None
    except OSError:  # a folder that may not be read
        return None
