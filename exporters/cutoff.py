"""Counts the requests that the end of a run cut off: Locust reports nothing for them.

When the stop timeout is over, Locust kills the greenlets of users that still wait for a response. Both HTTP sessions
let GreenletExit through without an event, so their ``request`` is wrapped: a call more for each request, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gevent import GreenletExit


def count_cut_off(session_class: type[Any], on_cut_off: Callable[[], None]) -> None:
    """Wraps ``session_class.request`` so that ``on_cut_off`` runs for each request that a kill interrupts."""
    request = session_class.request

    def counted_request(*args: Any, **kwargs: Any) -> Any:
        try:
            return request(*args, **kwargs)
        except GreenletExit:
            on_cut_off()
            raise

    session_class.request = counted_request
