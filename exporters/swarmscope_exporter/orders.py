"""Lets a worker follow the master's orders only once its listeners are attached, and without a standstill.

A worker that joins a run under way gets its order to spawn users together with the master's welcome, before Locust has
fired its `init` event: what those users do would be recorded by nothing, or under no run id. And with each order Locust
asks for the defaults of its arguments once for each of them, which takes it 200 ms: its users stand still, and so does
what they measure, once a second in every ramp.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from gevent.event import Event
from locust import argument_parser
from locust.event import Events
from locust.rpc import Message
from locust.runners import WorkerRunner

#: Where Locust is used as a library its `init` event may never be fired.
_TIMEOUT_SECONDS = 30.0


def hold_orders_until_initialized(events: Events) -> None:
    """Make workers wait for the end of all `init` listeners before they spawn users; to be called once, on import."""
    argument_parser.default_args_dict = cache(argument_parser.default_args_dict)
    initialized = Event()
    fire, handle_message = events.init.fire, WorkerRunner.handle_message

    def fire_and_release(**kwargs: Any) -> None:
        try:
            fire(**kwargs)  # type: ignore[no-untyped-call]
        finally:
            initialized.set()

    def handle_when_initialized(self: WorkerRunner, msg: Message) -> None:
        if msg.type == "spawn":
            initialized.wait(_TIMEOUT_SECONDS)
        handle_message(self, msg)

    events.init.fire = fire_and_release  # type: ignore[method-assign]  # a listener cannot know that it is the last
    WorkerRunner.handle_message = handle_when_initialized  # type: ignore[method-assign]  # Locust has no hook before it
