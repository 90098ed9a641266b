"""Requests begun in the HTTP sessions, and those of them that Locust reports nothing of.

Each ends in one request event, but for three kinds that are counted here:

- cut off: when the stop timeout is over, Locust kills the greenlets of users that still wait for a response, or are
  still in the ``with`` block of one;
- broken off: something raises in between, as a timeout of the user's own, or within the ``with`` block;
- left: made with ``catch_response=True``, and the response never used in a ``with`` block.

A request costs an addition and a call more; only those with ``catch_response`` cost anything else. For their responses
nothing is made: they are known by their ids, which stand for another one only when they are gone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from types import CodeType, TracebackType
from typing import Any

from gevent import GreenletExit
from locust.event import EventHook
from locust.exception import ResponseError

from swarmscope_exporter.recorder import as_label
from swarmscope_exporter.users_merge import MAX_NAMES_WITHOUT_EVENT, OTHER_REQUESTS

Key = tuple[Any, Any]


class BegunRequests:
    """The requests that the sessions of one process began since the run did."""

    def __init__(self, on_cut_off: Callable[[], None] = lambda: None) -> None:
        self.begun = 0
        self._ended = 0
        self._on_cut_off = on_cut_off
        self._missing: Counter[Key] = Counter()
        self._unused: dict[int, Key] = {}  #: responses made for a ``with`` block that has not begun, by their ids

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self.begun = self._ended = 0
        self._missing.clear()
        self._unused.clear()

    @property
    def under_way(self) -> int:
        """How many have no answer yet; those of the run before are none of them, and may end in this one."""
        return max(0, self.begun - self._ended)

    def without_event(self) -> dict[Key, int]:
        """Request without an event by method and name; one whose ``with`` block is under way is not among them."""
        counts = Counter(self._missing)
        for key in self._unused.values():
            counts[_capped(key, counts)] += 1
        return dict(counts)

    def watch(self, session_class: type[Any]) -> CodeType:
        """Wrap ``session_class.request``; return the code of the wrapper, which is on the stack while a user waits."""
        request = session_class.request

        def watched_request(session: Any, /, method: Any, url: Any, name: Any = None, *rest: Any, **kwargs: Any) -> Any:
            self.begun += 1
            try:
                if not kwargs and not rest:  # most are so, and a call without stars costs half
                    response = request(session, method, url, name)
                    self._ended += 1
                    return response
                response = request(session, method, url, name, *rest, **kwargs)
                self._ended += 1
            except BaseException as error:
                self._ended += 1
                self._note_broken_off(error, method, name or getattr(session, "request_name", None) or url)
                raise
            if kwargs.get("catch_response") or (rest and _is_for_block(response)):
                self._note_made(response)
            return response

        session_class.request = watched_request
        return watched_request.__code__

    def watch_blocks(self, response_class: type[Any]) -> None:
        """Wrap what begins and ends the ``with`` block of such responses."""
        enter, leave, unused = response_class.__enter__, response_class.__exit__, self._unused

        def watched_enter(response: Any) -> Any:
            unused.pop(id(response), None)
            return enter(response)

        def watched_exit(response: Any, kind: Any, error: BaseException | None, trace: Any) -> Any:
            if kind is None:
                unused.pop(id(response), None)  # the block was never entered
            elif response._manual_result is None and not isinstance(error, ResponseError):  # noqa: SLF001
                self._note_broken_block(response, error)
            return leave(response, kind, error, trace)

        response_class.__enter__, response_class.__exit__ = watched_enter, watched_exit

    def _note_made(self, response: Any) -> None:
        """Note a response that waits for its ``with`` block."""
        meta, place = getattr(response, "request_meta", None), id(response)
        if meta is not None:  # else it is of a session that makes another thing of it
            if place in self._unused:  # that one is gone
                self._miss(self._unused[place])
            self._unused[place] = (meta["request_type"], meta["name"])

    def _note_broken_off(self, error: BaseException, method: object, name: object) -> None:
        if _was_reported(error.__traceback__):
            return  # a listener raised, or was killed
        if isinstance(error, GreenletExit):
            self._on_cut_off()
        else:
            self._miss((method, name))

    def _note_broken_block(self, response: Any, error: BaseException | None) -> None:
        meta = response.request_meta
        if isinstance(error, GreenletExit):
            self._on_cut_off()
        else:
            self._miss((meta["request_type"], meta["name"]))

    def _miss(self, key: Key) -> None:
        self._missing[_capped(key, self._missing)] += 1


def _is_for_block(response: object) -> bool:
    return bool(getattr(response, "_catch_response", False))


def _capped(key: Key, counts: Mapping[Key, int]) -> Key:
    """Return method and name as labels; past a number of names that of all further ones."""
    key = as_label(key[0]), as_label(key[1])
    return key if key in counts or len(counts) < MAX_NAMES_WITHOUT_EVENT else OTHER_REQUESTS


def _was_reported(trace: TracebackType | None) -> bool:
    while trace is not None:
        if trace.tb_frame.f_code is EventHook.fire.__code__:
            return True
        trace = trace.tb_next
    return False
