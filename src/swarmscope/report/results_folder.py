"""results/<run_id>/: what a run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarmscope.project.files import write_whole
from swarmscope.report.junit import to_junit
from swarmscope.report.markdown import to_markdown
from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.verdict import Verdict

#: Written by `swarmscope.report.html`, after what is written here.
REPORT_FILE = "report.html"


def write_evidence(folder: Path, verdict: Verdict, context: dict[str, Any]) -> None:
    """Write verdict.md, junit.xml and, when these are there, verdict.json.

    Raise OSError when the folder cannot be written.
    """
    for name, text in (
        ("verdict.md", to_markdown(verdict)),
        ("junit.xml", to_junit(verdict)),
        ("verdict.json", to_json(verdict, context)),
    ):
        write_whole(folder / name, text)
