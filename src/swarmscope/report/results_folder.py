"""results/<run_id>/: what a run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmscope.report.junit import to_junit
from swarmscope.report.markdown import to_markdown
from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.verdict import Verdict

#: Written by `swarmscope.report.html`, after what is written here.
REPORT_FILE = "report.html"


def write_evidence(folder: Path, verdict: Verdict, context: dict[str, Any]) -> None:
    """Writes verdict.md, junit.xml and, when these are there, verdict.json.

    Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("verdict.md", to_markdown(verdict)),
        ("junit.xml", to_junit(verdict)),
        ("verdict.json", to_json(verdict, context)),
    ):
        _write_whole(folder / name, text)


def _write_whole(path: Path, text: str) -> None:
    # A disk that fills up in the middle must not leave half a verdict that looks like one.
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
