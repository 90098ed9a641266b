"""Asks Prometheus, now and then, how the run under way does by its objectives: for Locust's web interface to show."""

from __future__ import annotations

import time
from collections.abc import Callable

import gevent
import requests

from swarmscope.locust_plugin.objectives_tab import NOT_STARTED, THE_RUN, ObjectiveRow, query_of, rows_of
from swarmscope_exporter.run import Run

INTERVAL_SECONDS = 3.0
TIMEOUT_SECONDS = 2.0
_ALERTS_PAGE = "/alerts"
#: After the end of a run its totals are judged still, which takes some seconds.
_AFTER_END_SECONDS = 60.0
NO_RUN = "No run has begun"
ASKING = "Prometheus is being asked"
NO_PROMETHEUS = (
    "The objectives are judged by Prometheus, which this Locust has no address of (LOADTEST_PROMETHEUS_URL): see"
    " Grafana's run overview, or the alerts in Prometheus"
)


class ObjectiveWatch:
    """Keeps the last answer, so that neither a browser nor a virtual user waits for Prometheus."""

    def __init__(
        self, prometheus_url: str, current: Callable[[], Run | None], refused: Callable[[], str] = lambda: ""
    ) -> None:
        """``refused`` returns why no run was made of the last start; an empty string when one was."""
        self._url = prometheus_url.rstrip("/")
        self._current = current
        self._refused = refused
        self._rows: list[ObjectiveRow] = []
        self._run_id = ""
        self._problem = ASKING
        self._alerts_path = f"/api/v1{_ALERTS_PAGE}"
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of the machine must not come between two processes on it

    def start(self) -> None:
        """Ask from now on, in a greenlet."""
        if self._url:
            gevent.spawn(self._watch)

    def rows(self) -> list[ObjectiveRow]:
        """Return why the last start was refused, if it was, and the run as Prometheus last had it.

        One row says why there is nothing of a run; its verdict, once there is one, is the state of the run as a whole.
        """
        run, refused = self._current(), self._refused()
        found = self._of_run(run)
        if run is not None and run.verdict is not None:
            judged = ObjectiveRow(THE_RUN, state=run.verdict.outcome)
            found = [judged, *(row for row in found if row.objective != THE_RUN)]
        return [ObjectiveRow(f"Not started: {refused}", state=NOT_STARTED), *found] if refused else found

    def _of_run(self, run: Run | None) -> list[ObjectiveRow]:
        if not self._url:
            return [ObjectiveRow(NO_PROMETHEUS)]
        if run is None:
            return [ObjectiveRow(NO_RUN)]
        if self._problem or run.run_id != self._run_id:
            return [ObjectiveRow(self._problem or ASKING)]
        return self._rows or [ObjectiveRow("Prometheus has no thresholds of this run yet")]

    def ask(self) -> None:
        """Ask once, and keep what came back; never raises."""
        run = self._current()
        if run is None or (run.end_timestamp_seconds or time.time()) < time.time() - _AFTER_END_SECONDS:
            return
        query = query_of(run.run_id, time.time() - run.start_timestamp_seconds)
        try:
            response = self._session.post(f"{self._url}/api/v1/query", data={"query": query}, timeout=TIMEOUT_SECONDS)
            response.raise_for_status()
            self._rows, self._run_id, self._problem = rows_of(response.json()["data"]["result"]), run.run_id, ""
        except requests.RequestException as error:
            self._problem = f"Prometheus at {self._url} does not answer ({type(error).__name__})"
        except Exception as error:  # noqa: BLE001  # it must not look like an exception of the run's own
            self._problem = f"What answers at {self._url} is not a Prometheus ({type(error).__name__})"

    def alerts_path(self) -> str:
        """Return where Prometheus shows its alerts: some packages of it have no pages, and answer with JSON alone."""
        return self._alerts_path

    def _look_for_pages(self) -> None:
        try:
            if self._session.get(f"{self._url}{_ALERTS_PAGE}", timeout=TIMEOUT_SECONDS).ok:
                self._alerts_path = _ALERTS_PAGE
        except requests.RequestException:
            return

    def _watch(self) -> None:
        self._look_for_pages()
        while True:
            gevent.sleep(INTERVAL_SECONDS)
            self.ask()
