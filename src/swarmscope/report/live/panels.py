"""What the live page shows at the moment: asked for when a browser looks, and then not again for some seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from swarmscope.errors import PrometheusUnavailableError
from swarmscope.report.html.annotations import Mark, marks_of
from swarmscope.report.html.build import surroundings
from swarmscope.report.html.dashboards import read_dashboards
from swarmscope.report.html.page import Report, head_html, live_html, mark_document, panel_html, progress_html
from swarmscope.report.html.panels import Dashboard, Panel
from swarmscope.report.html.query_cache import Asker, Prometheus
from swarmscope.report.html.rendered import Section, ShownPanel, ShownRow, shown_panel
from swarmscope.report.html.run_window import RunTime, run_time
from swarmscope.report.live.head import LiveAddresses, head_of, missed_now, progress_of
from swarmscope.report.wording import clock as time_of_day
from swarmscope_exporter.run_ids import series_of

#: A panel is asked for at most this often, however many look at it.
RENEWAL_SECONDS = 4.0
#: Half of what the report has: who looks at a live page looks for changes.
_MAX_POINTS = 150
#: For all the questions of one look together.
_TIME_LIMIT_SECONDS = 8.0
#: What a look may ask for; a screen shows fewer.
MAX_PANELS = 30


class LivePanels:
    """All that the live page is made of; for several threads, of which one at a time asks Prometheus."""

    def __init__(
        self,
        prometheus: Prometheus,
        run_id: str,
        scenario: str,
        boards: tuple[Dashboard, ...] | None = None,
        clock: Callable[[], float] = time.monotonic,
        addresses: LiveAddresses | None = None,
    ) -> None:
        self._prometheus = prometheus
        self._run_id = run_id
        self._scenario = scenario
        self._boards = read_dashboards() if boards is None else boards
        self._clock = clock
        self._addresses = addresses or LiveAddresses()
        self._lock = threading.Lock()
        self._panels = {panel.key: (board, panel) for board in self._boards for panel in board.panels}
        self._known: dict[str, dict[str, Any]] = {}
        self._now: tuple[float, RunTime, Asker] | None = None

    def page(self) -> str:
        """Return the page with places for all panels, and nothing in them."""
        return live_html(
            Report(
                run_id=self._run_id,
                scenario=self._scenario,
                judgement=None,
                sections=tuple(map(_places, self._boards)),
                marks=(),
                colophon="Panels in sight renew themselves every few seconds; all times are in UTC."
                " When the run is over, report.html is in its results folder.",
            ),
            self._addresses.results,
        )

    def document(self, keys: Iterable[str]) -> dict[str, Any]:
        """State, marks and the panels of these keys; raise PrometheusUnavailableError."""
        with self._lock:
            known, asker = self._asker()
            marks = marks_of(self._run_id, asker)
            wanted = [key for key in dict.fromkeys(keys) if key in self._panels][:MAX_PANELS]
            return {
                "clock": time_of_day(known.window.end),
                "head": head_html(
                    head_of(self._run_id, known, marks, self._addresses, missed_now(self._run_id, asker))
                ),
                "progress": progress_html(progress_of(self._run_id, known, marks, asker)),
                "marks": [mark_document(mark) for mark in marks],
                "panels": {key: self._panel(key, known, asker, marks) for key in wanted},
            }

    def _asker(self) -> tuple[RunTime, Asker]:
        """Return one that remembers its answers until they are too old."""
        if self._now is None or self._clock() - self._now[0] >= RENEWAL_SECONDS:
            known = self._run_time()
            asker = Asker(
                self._prometheus, known.window, most_points=_MAX_POINTS, time_limit_seconds=_TIME_LIMIT_SECONDS
            )
            self._now = (self._clock(), known, asker)
            self._known.clear()
        return self._now[1:]

    def _run_time(self) -> RunTime:
        """From the beginning of the run to now; all of its samples are read once only."""
        if self._now is None:
            known = run_time(self._prometheus, self._run_id)
            if known is None:
                raise PrometheusUnavailableError(f"Prometheus holds nothing of run {self._run_id} yet")
            return known
        known = self._now[1]
        end = series_of(self._run_id, "loadtest_run_end_timestamp_seconds")
        is_over = known.is_over or bool(self._prometheus.instant(end))
        # Once the run is over its time stands still, as in the report.
        window = known.window if known.is_over else replace(known.window, end=max(known.window.end, time.time()))
        return replace(known, window=window, is_over=is_over)

    def _panel(self, key: str, known: RunTime, asker: Asker, marks: tuple[Mark, ...]) -> dict[str, Any]:
        if key not in self._known:
            board, panel = self._panels[key]
            phases = frozenset(mark.label for mark in marks if mark.end is None)
            around = replace(surroundings(board, self._run_id, known.scenario, phases, asker), is_over=known.is_over)
            self._known[key] = _document(shown_panel(panel, around, asker))
        return self._known[key]


def _document(shown: ShownPanel) -> dict[str, Any]:
    if shown.chart is not None:
        return {"chart": shown.chart}
    if shown.table is not None:
        return {"html": panel_html("table", shown.table)}
    if shown.figure is not None:
        return {"html": panel_html("figure", shown.figure)}
    return {"html": panel_html("why_empty", shown.why_empty)}


def _places(board: Dashboard) -> Section:
    def place(panel: Panel) -> ShownPanel:
        return ShownPanel(panel, why_empty="…")

    rows = tuple(ShownRow(row.title, tuple(map(place, row.panels)), is_folded=row.is_folded) for row in board.rows)
    return Section(board.uid, board.title, board.purpose, rows)
