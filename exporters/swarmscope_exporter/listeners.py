"""Our listeners come before those of the locustfile, and with them the one that Locust counts requests by.

A listener that raises StopUser, RescheduleTask or the like ends the firing of its event in Locust, on purpose: whatever
comes after it hears nothing. A request that such a listener answers to would be in no figure, ours or Locust's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locust.event import EventHook

_STATISTICS_MODULE = "locust.runners"


def listen_first(event: EventHook, listener: Callable[..., Any], after: Callable[..., Any] | None = None) -> None:
    """Add a listener before all others that there are or will be, or right behind ``after``, which must be one."""
    handlers: list[Any] = event._handlers  # noqa: SLF001  # Locust only appends
    handlers.insert(0 if after is None else handlers.index(after) + 1, listener)


def stop_listening(event: EventHook, listener: Callable[..., Any]) -> None:
    """Remove a listener, if it is one, also while the event is under way: the others get it all the same."""
    event._handlers = [handler for handler in event._handlers if handler != listener]  # noqa: SLF001


def taken_from_locust(event: EventHook) -> Callable[..., None]:
    """Remove the listener that fills Locust's statistics and return it: a locustfile is imported before it."""
    handlers: list[Any] = event._handlers  # noqa: SLF001  # as above
    of_locust = [handler for handler in handlers if getattr(handler, "__module__", "") == _STATISTICS_MODULE]
    for handler in of_locust:
        handlers.remove(handler)

    def call_all(*event: Any) -> None:
        for handler in of_locust:
            handler(*event)

    return of_locust[0] if len(of_locust) == 1 else call_all
