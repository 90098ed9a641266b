"""What a search for the capacity leaves behind: its answer in every form."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from swarmscope.capacity.answer import Capacity
from swarmscope.errors import CommandError
from swarmscope.project.files import write_whole
from swarmscope.report.capacity.json_text import CAPACITY_FILE, to_json
from swarmscope.report.capacity.junit import to_junit
from swarmscope.report.capacity.markdown import to_markdown
from swarmscope.report.capacity.page import to_html
from swarmscope.report.results_folder import REPORT_FILE


def write_answer(folder: Path, capacity: Capacity) -> None:
    """Write capacity.json alone, as it is known up to now; raise CommandError."""
    _write(folder, {CAPACITY_FILE: to_json(capacity)})


def write_results(folder: Path, capacity: Capacity) -> None:
    """Write capacity.json and .md, report.html and junit.xml; raise CommandError."""
    _write(folder, _texts(capacity))


def _texts(capacity: Capacity) -> dict[str, str]:
    return {
        CAPACITY_FILE: to_json(capacity),
        "capacity.md": to_markdown(capacity),
        REPORT_FILE: to_html(capacity),
        "junit.xml": to_junit(capacity),
    }


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    try:
        for name, text in texts.items():
            write_whole(folder / name, text)
    except OSError as error:
        raise CommandError(f"The results cannot be written to {folder}: {error.strerror}") from error
