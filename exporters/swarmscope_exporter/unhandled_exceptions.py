"""Counts the exceptions of a locustfile that Locust only logs: in a listener, or in a greenlet of its own.

Locust ends with exit code 2 after one, because what such a locustfile has left undone is not known; a run that is
judged over HTTP has to hear of it as well. Exceptions in tasks are none of these: see
`swarmscope_exporter.task_exceptions`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

#: How Locust's own messages begin; it has no event for either.
_BEGINNINGS = ("Uncaught exception in event handler", "Unhandled exception in greenlet")


class UnhandledExceptions(logging.Handler):
    """The number of them in this process since the run began.

    ``has_been_one`` is whether Locust knows of any: with a log level above ERROR none of them is logged.
    """

    def __init__(self, has_been_one: Callable[[], bool] = lambda: False) -> None:
        super().__init__(logging.ERROR)
        self._has_been_one = has_been_one
        self.reset()

    def attach(self) -> None:
        """Listen to the loggers that Locust uses; to be called once, after Locust has set up logging."""
        for name in ("", "locust"):  # the latter does not propagate
            logging.getLogger(name).addHandler(self)

    def reset(self) -> None:
        """Start from nothing, for a new run."""
        self._logged = 0
        self._were_any_before = self._has_been_one()

    @property
    def count(self) -> int:
        """Those that were logged, or 1 where there were some and none was."""
        return self._logged or int(self._has_been_one() and not self._were_any_before)

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(_BEGINNINGS):
            self._logged += 1
