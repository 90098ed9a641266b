"""Requests begun in the HTTP sessions, and those of them that Locust reports nothing of.

Each ends in one request event, but for three kinds that are counted here:

- cut off: when the stop timeout is over, Locust kills the greenlets of users that still wait for a response, or are
  still in the ``with`` block of one;
- broken off: something raises in between, as a timeout of the user's own, or within the ``with`` block;
- left: made with ``catch_response=True``, and the response never used in a ``with`` block.

A request costs an addition and a call more; only those with ``catch_response`` cost anything else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from types import CodeType, TracebackType
from typing import Any

from gevent import GreenletExit
from locust.event import EventHook

from exporters.recorder import as_label
from exporters.users_merge import MAX_NAMES_WITHOUT_EVENT, OTHER_REQUESTS

#: The sessions take self, method, URL and name first, then data or catch_response.
_FEWEST_WITH_CATCH_RESPONSE = 5

Key = tuple[str, str]


class BegunRequests:
    """The requests that the sessions of one process began since the run did.

    ``without_event`` counts those without an event by method and name; one whose ``with`` block is under way is not
    among them.
    """

    def __init__(self, on_cut_off: Callable[[], None] = lambda: None) -> None:
        self.on_cut_off = on_cut_off
        self.reset()

    def reset(self) -> None:
        """Starts from nothing, for a new run."""
        self.begun = 0
        self.without_event: defaultdict[Key, int] = defaultdict(int)

    def watch(self, session_class: type[Any]) -> CodeType:
        """Wrap ``session_class.request``; return the code of the wrapper, which is on the stack while a user waits."""
        request = session_class.request

        def watched_request(*args: Any, **kwargs: Any) -> Any:
            self.begun += 1
            try:
                response = request(*args, **kwargs)
            except BaseException as error:
                self._note_broken_off(error, args, kwargs)
                raise
            if "catch_response" in kwargs or len(args) >= _FEWEST_WITH_CATCH_RESPONSE:
                self._await_event(response)
            return response

        session_class.request = watched_request
        return watched_request.__code__

    def key(self, method: object, name: object) -> Key:
        """Method and name as labels; past a number of names that of all further ones."""
        key = as_label(method), as_label(name)
        is_admitted = key in self.without_event or len(self.without_event) < MAX_NAMES_WITHOUT_EVENT
        return key if is_admitted else OTHER_REQUESTS

    def _note_broken_off(self, error: BaseException, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if _was_reported(error.__traceback__):
            return  # a listener raised, or was killed
        if isinstance(error, GreenletExit):
            self.on_cut_off()
        else:
            self.without_event[self.key(*_called(*args, **kwargs))] += 1

    def _await_event(self, response: Any) -> None:
        if getattr(response, "_catch_response", False):
            meta = response.request_meta
            response.__class__ = _watched(type(response))  # type: ignore[arg-type]  # a class is hashable
            response.awaited_event = AwaitedEvent(self, self.key(meta["request_type"], meta["name"]))


class AwaitedEvent:
    """The event of a request whose outcome its ``with`` block decides: counted as missing until the block begins."""

    __slots__ = ("_counts", "_is_missing", "_is_reported", "_key", "_requests")

    def __init__(self, requests: BegunRequests, key: Key) -> None:
        self._requests, self._counts, self._key = requests, requests.without_event, key
        self._is_missing = self._is_reported = False
        self._set_missing(is_missing=True)

    def block_begins(self) -> None:
        """Nothing is known before its end."""
        self._set_missing(is_missing=False)

    def reported(self) -> None:
        """The event is being fired."""
        self._is_reported = True
        self._set_missing(is_missing=False)

    def block_ends(self, error: BaseException | None) -> None:
        """Without an event when an exception has ended the block."""
        if not self._is_reported and isinstance(error, GreenletExit):
            self._requests.on_cut_off()
        elif not self._is_reported:
            self._set_missing(is_missing=True)

    def _set_missing(self, *, is_missing: bool) -> None:
        self._counts[self._key] += int(is_missing) - int(self._is_missing)
        self._is_missing = is_missing
        if not self._counts[self._key]:
            del self._counts[self._key]  # nearly always: it would take the place of a name that is missing


@cache
def _watched(response_class: Any) -> type[Any]:
    """The class of the same responses made for a ``with`` block; an object of the one can become one of the other."""

    class Watched(response_class):  # type: ignore[misc]
        awaited_event: AwaitedEvent

        def __enter__(self) -> Any:
            self.awaited_event.block_begins()
            return super().__enter__()

        def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> Any:
            try:
                return super().__exit__(kind, error, trace)
            finally:
                self.awaited_event.block_ends(error)

        def _report_request(self, *args: Any) -> None:
            self.awaited_event.reported()
            super()._report_request(*args)

    Watched.__name__ = Watched.__qualname__ = response_class.__name__
    return Watched


def _called(
    session: Any = None, method: object = "", url: object = "", name: object = None, *_: Any, **__: Any
) -> tuple[object, object]:
    """Method and name of a call of ``request``."""
    return method, name or getattr(session, "request_name", None) or url


def _was_reported(trace: TracebackType | None) -> bool:
    while trace is not None:
        if trace.tb_frame.f_code is EventHook.fire.__code__:
            return True
        trace = trace.tb_next
    return False
