"""Keeps a stop from interrupting users that are between two tasks."""

from __future__ import annotations

import gevent
from gevent import Greenlet, GreenletExit
from locust import User
from locust.user.task import LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

from swarmscope_exporter.virtual_users import BETWEEN_TASKS


def stop_between_tasks() -> None:
    """Make a stop kill those users alone that sleep between two tasks; to be called once in a process.

    Locust kills a user whose state is "waiting" at once. One that is about to wake up, as all are whose pause is short,
    begins its next task before the kill arrives, which then interrupts that task's request.
    """
    stop = User.stop

    def stop_asleep(self: User, force: bool = False) -> bool:  # noqa: FBT001, FBT002  # Locust's signature
        if force or self._state != LOCUST_STATE_WAITING:
            return bool(stop(self, force))
        self._state = LOCUST_STATE_STOPPING  # one that wakes up sees it, and begins no task
        gevent.get_hub().loop.run_callback(_kill_if_asleep, self._greenlet)
        return True

    User.stop = stop_asleep  # type: ignore[method-assign]  # Locust has no hook for it


def _kill_if_asleep(greenlet: Greenlet) -> None:
    """Run in the hub, where nothing can wake the user up between the look at it and the kill."""
    frame = greenlet.gr_frame
    while frame is not None:
        if frame.f_code in BETWEEN_TASKS:
            greenlet.throw(GreenletExit)
            return
        frame = frame.f_back
