"""results/<run_id>/: what a run leaves behind."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from scripts.judging.verdict import Verdict
from scripts.reporting.as_json import to_json
from scripts.reporting.as_junit import to_junit
from scripts.reporting.as_markdown import to_markdown


def write_evidence(folder: Path, verdict: Verdict, context: dict[str, Any], rules: Path | None) -> None:
    """Writes verdict.json, verdict.md and junit.xml, and a copy of the rule files that were in force.

    Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("verdict.json", to_json(verdict, context)),
        ("verdict.md", to_markdown(verdict)),
        ("junit.xml", to_junit(verdict)),
    ):
        _write_whole(folder / name, text)
    if rules is not None:
        shutil.copytree(rules, folder / "rules", dirs_exist_ok=True)


def _write_whole(path: Path, text: str) -> None:
    # A disk that fills up in the middle must not leave half a verdict that looks like one.
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
