"""Locust's own statistics and reports, beside what the recorder counted of the same odd events."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.exporters.programs.odd_events"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def test_locust_makes_its_csv_html_and_console_reports_of_names_and_times_of_any_kind(seen: dict[str, Any]) -> None:
    assert (seen["csv_lines"], seen["console_lines"]) == (92, 147)
    assert seen["sent_bytes"] > 10_000
    assert seen["html_bytes"] > 100_000


def test_requests_and_failures_are_the_same_as_locusts_for_odd_names_types_exceptions_and_times(
    seen: dict[str, Any],
) -> None:
    recorded = seen["recorder"]
    assert recorded.pop("dropped") == [10, 0]
    assert recorded == seen["locust"]
    assert (recorded["all"], recorded["untimed"]) == ([100, 43], [11, 0])
    assert [recorded[f"TCP e{number}"][1] for number in range(12)] == [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
