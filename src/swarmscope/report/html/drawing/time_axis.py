"""The axis that all charts over time share."""

from __future__ import annotations

from typing import Any

from swarmscope.report.html.window import Window


def time_axis(window: Window) -> dict[str, Any]:
    """From the beginning to the end of the window, in UTC, as the tables are."""
    return {"type": "date", "range": [milliseconds(window.begin), milliseconds(window.end)]}


def milliseconds(seconds: float) -> int:
    """Since the epoch, as a date axis counts."""
    return round(seconds * 1000)
