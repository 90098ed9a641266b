"""Addresses of dashboards, for people to follow."""

from __future__ import annotations

from urllib.parse import urlencode

#: Shown beside a run: its first scrapes come before the load, and it is judged after its end.
_BEFORE_SECONDS, _AFTER_SECONDS = 15.0, 30.0


def run_overview_url(grafana_url: str, run_id: str, start_seconds: float, end_seconds: float | None) -> str:
    """Return the address of the run overview, at that run and its time.

    ``grafana_url`` is without a slash at its end. Times are in seconds since the epoch; a run without an end is shown
    up to the moment, and grows there.
    """
    begin = _milliseconds(start_seconds - _BEFORE_SECONDS)
    end = "now" if end_seconds is None else _milliseconds(end_seconds + _AFTER_SECONDS)
    return f"{grafana_url}/d/run-overview?{urlencode({'var-run_id': run_id, 'from': begin, 'to': end})}"


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
