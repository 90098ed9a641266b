"""Our listeners come before those of the locustfile.

A listener that raises StopUser, RescheduleTask or the like ends the firing of its event in Locust, on purpose: whatever
comes after it hears nothing. A request that such a listener answers to would be in no figure.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from locust.event import EventHook


def listen_first(event: EventHook, listener: Callable[..., Any], after: Callable[..., Any] | None = None) -> None:
    """Add a listener before all others that there are or will be, or right behind ``after``, which must be one."""
    handlers: list[Any] = event._handlers  # noqa: SLF001  # Locust only appends
    handlers.insert(0 if after is None else handlers.index(after) + 1, listener)
