"""What one Locust process saw: the hot path.

``on_request`` runs once for each request of a virtual user, so it is two look-ups, and two numbers that are noted.
Each second, and before anybody reads them, they go into the buckets, many in a row: between two requests a processor
has forgotten all it knew of that, and it costs three times as much. All else (labels, sums over statuses, text) is done
when a snapshot is merged or scraped, on the master.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gevent import Greenlet, getcurrent

from swarmscope_exporter.addresses import masked
from swarmscope_exporter.buckets import EDGES_MS
from swarmscope_exporter.cells import Cell, CellKey, milliseconds_of
from swarmscope_exporter.endpoints import HTTP_METHODS, OVERFLOW_NAME
from swarmscope_exporter.errors import classify
from swarmscope_exporter.exemplars import Exemplar, ExemplarKeeper
from swarmscope_exporter.failures import FailureNotes
from swarmscope_exporter.intended_starts import IntendedStarts
from swarmscope_exporter.name_templates import MAX_NAME_LENGTH
from swarmscope_exporter.names import DEFAULT_NAMING, NameBook, Naming

#: Raw keys of folded names that are remembered at once: there may be millions of them in a run.
_MAX_FOLDED_KEYS = 5000
#: Of what a label is made from: behind a password, which is left out, there is more to show.
_MAX_TEXT_LENGTH = 5 * MAX_NAME_LENGTH
_HTTP_STATUSES = range(100, 1000)
#: In place of the status of an HTTP request that had no answer and that a task called a success; published as 0.
ACCEPTED_UNANSWERED = -1
_OWN_CLIENTS = ("locust.", "lean_http.")
#: A time in seconds is as many as passed since the event's own ``start_time``, up to when the event was fired.
_SECONDS_OF_ELAPSED = (0.9, 1.01)
_MIN_ELAPSED_SECONDS = 0.001


#: What notes a response time, what notes a length, and what notes a time with the start that it belongs to.
Note = tuple[Callable[[Any], None], Callable[[Any], None], Callable[[Any], None]]


class Recorder:
    """Records requests of one process for the run under way.

    ``naming`` caps the distinct request names: what comes after is folded (`swarmscope_exporter.names`), so that a
    locustfile with ids in its names harms neither this process nor Prometheus. What is folded into ``(overflow)`` is
    counted.
    """

    def __init__(self, naming: Naming = DEFAULT_NAMING) -> None:
        self._naming = naming
        self.intended_starts = IntendedStarts()
        self._pending_starts = self.intended_starts.pending
        self.seen: set[Greenlet[..., Any]] = set()  #: where requests ended; its reader clears it
        self._note_seen = self.seen.add
        self.failures = FailureNotes()
        self.on_failure: Callable[[], None] = _do_nothing  #: called in the greenlet of each failed request
        #: Gets type, name, time, length and exception of each request: a second listener costs more than a call.
        self.on_recorded: Callable[..., None] | None = None
        self.reset()

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self.seen.clear()
        self.intended_starts.reset()
        self.failures.reset()
        self._notes: dict[tuple[Any, ...], Note] = {}  # by the raw key of the hot path
        self._cells: dict[CellKey, Cell] = {}
        self._folded_keys: list[tuple[Any, ...]] = []  # those of the notes whose names are published as another
        self._names = NameBook(self._naming)
        self._exemplars = ExemplarKeeper()
        self.like_seconds: set[str] = set()  # request types that were timed in what looks like seconds
        self.overflow = 0
        self._dropped = 0
        self.cut_off = 0
        self.redirects = 0
        self.redirects_elsewhere = 0

    def on_request(  # noqa: PLR0913, PLR0917  # the arguments of Locust's event
        self,
        request_type: str,
        name: str,
        response_time: float | None,
        response_length: int | None,
        response: Any = None,
        exception: BaseException | str | None = None,
        context: Any = None,  # noqa: ARG002
        start_time: Any = None,
        url: Any = None,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Listen to Locust's ``request`` event; never raise: an exception here would fail the whole run.

        What Locust always sends and is not read is named: collecting it in ``**_`` costs a quarter of a call.
        Events of clients that are not HTTP clients raise here, and take the longer way of `_record_unusual`.
        """
        where = getcurrent()
        self._note_seen(where)
        try:
            status = response.status_code if response is not None else None
            if not exception:  # as Locust decides it
                key = (request_type, name, status)
            else:
                self.on_failure()
                error = classify(exception, status or 0)
                key = (request_type, name, status, error)  # type: ignore[assignment]
            try:
                note_time, note_length, note_start = self._notes[key]
            except KeyError:
                note_time, note_length, note_start = self._open(key, response, response_time, start_time)
            note_time(response_time)
            note_length(response_length)
            if self._pending_starts and where in self._pending_starts:
                note_start((response_time, self._pending_starts.pop(where)))
            if exception:  # once it is counted: what is not is recorded the longer way
                self._note_failure(request_type, name, error, exception)
        except Exception:  # noqa: BLE001  # see the docstring
            self._record_unusual(request_type, name, response_time, response_length, response, exception, start_time)
        if self.on_recorded is not None:
            self.on_recorded(request_type, name, response_time, response_length, exception)

    def settle(self) -> None:
        """Put what was noted of requests into the figures: from time to time, or it grows."""
        for cell in list(self._cells.values()):  # a client may record in a thread of its own meanwhile
            if cell.times or cell.lengths or cell.starts:
                self._dropped += cell.settle()

    @property
    def cells(self) -> dict[CellKey, Cell]:
        """The figures by the key that is published."""
        self.settle()
        return self._cells

    @property
    def dropped(self) -> int:
        """Requests that could not be recorded, and impossible times and lengths."""
        self.settle()
        return self._dropped

    def _record_unusual(
        self,
        request_type: object,
        name: object,
        response_time: object,
        response_length: int | None,
        response: object,
        exception: Any,
        start_time: object,
    ) -> None:
        """Record a response without an HTTP status with status 0, and a name of any type by its text.

        What cannot be recorded even so is counted as dropped.
        """
        try:
            status = http_status(response)
            length = response_length or 0
            error = classify(exception, status) if exception else ""
            if exception:
                self.on_failure()
            cell = self._admit(request_type, name, status, error)
            cell.bytes += length
            if not (cell.sum_ms or cell.times):
                self._note_unit(request_type, response, response_time, start_time)
            self._dropped += not cell.add_time(response_time)
            if start := self._pending_starts.pop(getcurrent(), None):
                cell.starts.append((response_time, start))
            if exception:
                self._note_failure(request_type, name, error, exception)
        except Exception:  # noqa: BLE001  # see `on_request`
            self._dropped += 1

    def _note_failure(self, request_type: object, name: object, error: str, exception: object) -> None:
        with suppress(Exception):  # the request itself is counted
            self.failures.note(as_label(request_type), self._names.published(as_label(name)), str(error), exception)

    def _note_unit(self, request_type: object, response: object, response_time: object, start_time: object) -> None:
        """Take note of a request type whose time looks like seconds: as many passed since the request began.

        Locust's own clients are left out: they measure milliseconds, and a task may keep the event back for a while.
        """
        milliseconds = milliseconds_of(response_time)
        elapsed = time.time() - start_time if isinstance(start_time, int | float) else 0.0
        least, most = _SECONDS_OF_ELAPSED
        if not milliseconds or elapsed < _MIN_ELAPSED_SECONDS or type(response).__module__.startswith(_OWN_CLIENTS):
            return
        if least <= milliseconds / elapsed <= most:
            self.like_seconds.add(as_label(request_type))

    @property
    def count(self) -> int:
        """Requests recorded since the run began."""
        return sum(cell.count for cell in self.cells.values())

    def on_cut_off(self) -> None:
        """One request that the stop interrupted: it has no response and fires no event."""
        self.cut_off += 1

    def on_redirect(self, to_same_origin: bool) -> None:  # noqa: FBT001  # the only argument of a callback
        """Count a redirect that a user follows: it was answered, and have no event of its own."""
        if to_same_origin:
            self.redirects += 1
        else:
            self.redirects_elsewhere += 1

    def note_exemplar(self, key: CellKey, exemplar: Exemplar) -> None:
        """Note the trace of a sampled request that `on_request` has counted."""
        cell = self._cells.get(key._replace(name=self._names.published(as_label(key.name))))
        if cell is not None:
            bucket = bisect_left(EDGES_MS, exemplar.response_ms)
            self._exemplars.note(cell, bucket, exemplar, failed=bool(key.error))

    def _open(self, key: tuple[Any, ...], response: object, response_time: object, start_time: object) -> Note:
        """Return what notes requests of a key that is seen for the first time; its first time shows the unit."""
        method, name, status, error = (*key, "")[:4]
        if status is None:  # no response, as clients of other protocols have none
            status = 0
        elif type(status) is not int or not (status == 0 or status in _HTTP_STATUSES):
            raise TypeError("not an HTTP status")
        elif status == 0 and not error and as_label(method).upper() in HTTP_METHODS:
            status = ACCEPTED_UNANSWERED
        self._note_unit(method, response, response_time, start_time)
        overflow = self.overflow
        cell = self._admit(method, name, status, error)
        note = cell.times.append, cell.lengths.append, cell.starts.append
        if self.overflow == overflow:  # else each is counted
            self._notes[key] = note
            if name not in self._names:
                self._remember_folded(key)
        return note

    def _remember_folded(self, key: tuple[Any, ...]) -> None:
        """Forget all others once there are too many."""
        self._folded_keys.append(key)
        if len(self._folded_keys) > _MAX_FOLDED_KEYS:
            for each in self._folded_keys[:-1]:
                self._notes.pop(each, None)
            self._folded_keys = [key]

    def _admit(self, method: object, name: object, status: int, error: str) -> Cell:
        """Return the cell of the name that the request is published under."""
        method, published = as_label(method), self._names.published(as_label(name))
        self.overflow += published == OVERFLOW_NAME
        return self._cells.setdefault(CellKey(method, published, status, str(error)), Cell())

    @property
    def folded_names(self) -> dict[str, list[str]]:
        """By template, some names that are published under it for want of room."""
        return self._names.folded


def http_status(response: object) -> int:
    """Return the status of an HTTP response; 0 for whatever else a client calls its response."""
    try:
        status = response.status_code  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001  # an attribute of another's class may raise anything
        return 0
    # A status that is a number of another kind, such as http.HTTPStatus, is still one; True is not.
    return int(status) if isinstance(status, int) and status in _HTTP_STATUSES else 0


def text_of(value: object) -> str:
    """Return text that can be published and sent: half a surrogate pair, as of a broken URL, would end every scrape.

    A URL in it is without its password: it may be that of the host, joined with a path.
    """
    text = str(value).encode("utf-8", "replace").decode()
    return masked(text) if "://" in text and "@" in text else text


def as_label(value: object) -> str:
    """Return the value of a label; raise what the text of ``value`` raises."""
    return text_of(str(value)[:_MAX_TEXT_LENGTH])[:MAX_NAME_LENGTH]


def _do_nothing() -> None:
    """Do what most recorders do about a failed request."""
