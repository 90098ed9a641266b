"""results/<run_id>/: what a run leaves behind."""

from __future__ import annotations

from pathlib import Path

from swarmscope.project.files import write_whole
from swarmscope.report.junit import to_junit
from swarmscope.report.markdown import to_markdown
from swarmscope.report.metrics_text import to_metrics_text
from swarmscope.report.verdict_json import to_json
from swarmscope.verdict.verdict import JudgedRun

#: Written by `swarmscope.report.html`, after what is written here.
REPORT_FILE = "report.html"


def write_evidence(folder: Path, judged: JudgedRun) -> None:
    """Write verdict.md, junit.xml, metrics.txt and, when these are there, verdict.json.

    Raise OSError when the folder cannot be written.
    """
    for name, text in (
        ("verdict.md", to_markdown(judged.verdict)),
        ("junit.xml", to_junit(judged.verdict)),
        ("metrics.txt", to_metrics_text(judged.verdict)),
        ("verdict.json", to_json(judged)),
    ):
        write_whole(folder / name, text)
