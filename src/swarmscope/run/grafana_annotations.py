"""What is noted in Grafana of a run: its start, end and verdict. Nothing waits for it or depends on it.

Its phases and alerts are not: the dashboards ask Prometheus for them, and two notes of one moment hide each other.

Here and not in exporters/: only the runner knows the verdict and where the results are, and Locust's processes, which
run a user's code, need no password of Grafana and no way to it.
"""

from __future__ import annotations

import contextlib
import html
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from swarmscope.grafana.client import Annotation, GrafanaApi, GrafanaLoginError, GrafanaUnavailableError, access_to
from swarmscope.run.locust_api import RunStatus
from swarmscope.verdict.verdict import Verdict

TAG = "swarmscope"  # the dashboards ask for it, and for the run's id
CLOSE_TIMEOUT_SECONDS = 4.0  # two answers that do not come
_QUEUE_LENGTH = 64
_REASONS_SHOWN = 5

Write = Callable[[Annotation], None]


class NoteWriter:
    """Writes annotations, one by one, in a thread; what fails or does not fit is lost, with one warning for all."""

    def __init__(self, write: Write, warn: Callable[[str], None]) -> None:
        self._write = write
        self._warn = warn
        self._has_warned = False
        self._queue: queue.Queue[Annotation | None] = queue.Queue(_QUEUE_LENGTH)
        self._thread = threading.Thread(target=self._run, name="notes", daemon=True)
        self._thread.start()

    def put(self, annotation: Annotation) -> None:
        """Return at once."""
        try:
            self._queue.put_nowait(annotation)
        except queue.Full:
            self._warn_once("it is too slow")

    def close(self, timeout_seconds: float = CLOSE_TIMEOUT_SECONDS) -> None:
        """Wait until all is written, at most so long; the rest is then lost."""
        try:
            self._queue.put_nowait(None)
        except queue.Full:
            self._warn_once("it is too slow")
            return
        self._thread.join(timeout_seconds)
        if self._thread.is_alive():
            self._warn_once("it is too slow")

    def _run(self) -> None:
        while (annotation := self._queue.get()) is not None:
            try:
                self._write(annotation)
            except GrafanaUnavailableError as error:
                self._warn_once(str(error))
                if isinstance(error, GrafanaLoginError):
                    return

    def _warn_once(self, reason: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._warn(reason)


class RunNotes:
    """Makes the annotations of one run after another out of what the Locust master says of them."""

    def __init__(self, put: Write) -> None:
        self._put = put
        self._run_id = ""
        self._noted: set[str] = set()

    def follow(self, status: RunStatus) -> None:
        """Note what the status shows for the first time: that the run began, that it ended."""
        if not status.run_id or status.start_seconds is None:
            return
        if status.run_id != self._run_id:
            self._run_id, self._noted = status.run_id, set()
        self._note(status, "start", f"Run {status.run_id} started", status.start_seconds)
        if status.end_seconds is not None:
            because = f": {status.ended_because}" if status.ended_because else ""
            self._note(status, "stop", f"Run {status.run_id} stopped{because}", status.end_seconds)

    def judged(self, verdict: Verdict, results: Path, clock: Callable[[], float] = time.time) -> None:
        """Note the verdict, and where its evidence is."""
        run = verdict.run
        lines = [f"Run {run.run_id}: {verdict.outcome}", *verdict.reasons[:_REASONS_SHOWN], f"Results: {results}"]
        text = "<br>".join(html.escape(line) for line in lines)
        tags = (TAG, run.run_id, run.scenario, "verdict", verdict.outcome.lower())
        self._put(Annotation(text, tags, clock()))

    def _note(self, status: RunStatus, what: str, text: str, seconds: float) -> None:
        if what not in self._noted:
            self._noted.add(what)
            self._put(Annotation(html.escape(text), (TAG, status.run_id, status.scenario, what), seconds))


@contextlib.contextmanager
def notes_in(grafana_url: str | None, settings: Mapping[str, str], say: Callable[[str], None]) -> Iterator[RunNotes]:
    """Note that are written into this Grafana, or nowhere without one; the last ones are waited for, not for long."""
    if not grafana_url:
        yield RunNotes(lambda _: None)
        return

    def warn(reason: str) -> None:
        say(f"Grafana at {grafana_url} has no notes of this run, or not all: {reason}")

    try:
        api = GrafanaApi(access_to(grafana_url, settings))
    except GrafanaUnavailableError as error:
        warn(str(error))
        yield RunNotes(lambda _: None)
        return
    writer = NoteWriter(api.annotate, warn)
    try:
        yield RunNotes(writer.put)
    finally:
        writer.close()
