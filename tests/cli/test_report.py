"""report.html made again from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from swarmscope.cli.report import app
from tests.cli.command import call

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "Say which run is meant: either --run-id ID or --last"),
        (("--last", "--run-id", "one"), "Say which run is meant: either --run-id ID or --last"),
        (("--last",), "No runs in {results}: start one with `swarmscope run`"),
        (("--run-id", "one"), "Prometheus at http://127.0.0.1:9 did not answer (connection refused)"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    tmp_path: Path, arguments: tuple[str, ...], line: str
) -> None:
    results = tmp_path / "results"
    ended = call(app, *arguments, "--results", str(results), "--prometheus-url", NOWHERE)
    assert (ended.exit_code, ended.output) == (2, "")
    assert ended.error_line == line.format(results=results)
    assert not results.exists()
