"""What an A/B run leaves behind: its comparison in every form, and each block as it was measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from swarmscope.compare.comparison import Comparison
from swarmscope.compare.summary import RunSummary
from swarmscope.compare.summary_file import to_json as summary_json
from swarmscope.errors import CommandError
from swarmscope.project.files import write_whole
from swarmscope.report.comparison.json_text import to_json
from swarmscope.report.comparison.junit import to_junit
from swarmscope.report.comparison.markdown import to_markdown
from swarmscope.report.comparison.page import to_html

COMPARISON_FILE = "comparison.json"
BLOCKS_FOLDER = "blocks"


def write_results(folder: Path, comparison: Comparison, blocks: Sequence[RunSummary]) -> None:
    """Write comparison.json, .md and .html, junit.xml, and a file for each block; raise CommandError."""
    texts = {
        COMPARISON_FILE: to_json(comparison),
        "comparison.md": to_markdown(comparison),
        "comparison.html": to_html(comparison),
        "junit.xml": to_junit(comparison),
    }
    try:
        (folder / BLOCKS_FOLDER).mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_whole(folder / name, text)
        for block in blocks:
            write_whole(folder / BLOCKS_FOLDER / f"{block.run_id}.json", summary_json(block))
    except OSError as error:
        raise CommandError(f"The results cannot be written to {folder}: {error.strerror}") from error
