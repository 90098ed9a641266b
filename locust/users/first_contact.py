"""The first request of a process goes out alone, and tells whether a run makes sense at all."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from gevent.event import Event


class _State(Enum):
    UNTRIED = auto()
    TRYING = auto()
    MADE = auto()
    REFUSED = auto()


class FirstContact:
    """Lets one user through until it was answered; wrong credentials are one failed login then, not thousands.

    ``on_refused`` is called once, with the HTTP status (0: no connection), when the target cannot be reached or
    refuses the credentials. What goes wrong after a first success is for the run's verdict, and stops nothing.
    """

    def __init__(self, on_refused: Callable[[int], None]) -> None:
        self._on_refused = on_refused
        self.reset()

    def reset(self) -> None:
        """Forget what was found out, for a new run."""
        self._state = _State.UNTRIED
        self._changed = Event()

    def enter(self) -> bool:
        """Wait while another user tries; then whether the caller may send its request, to be followed by `leave`."""
        while self._state is _State.TRYING:
            self._changed.wait()
        if self._state is _State.UNTRIED:
            self._state = _State.TRYING
        return self._state is not _State.REFUSED

    def leave(self, status: int | None) -> None:
        """Say what came of a request: its status, 0 without a response, None when it was interrupted."""
        if self._state is not _State.TRYING:
            return
        waiting, self._changed = self._changed, Event()
        if status is None:
            self._state = _State.UNTRIED
        elif status in (0, 401):
            self._state = _State.REFUSED
            self._on_refused(status)
        else:
            self._state = _State.MADE
        waiting.set()
