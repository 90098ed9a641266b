"""Counts the exceptions of a locustfile that Locust only logs: in a listener, or in a greenlet of its own.

Locust ends with exit code 2 after one, because nobody knows what such a locustfile has left undone; a run that is
judged over HTTP has to hear of it as well. Exceptions in tasks are none of these: Locust counts them itself.
"""

from __future__ import annotations

import logging

#: How Locust's own messages begin; it has no event for either.
_BEGINNINGS = ("Uncaught exception in event handler", "Unhandled exception in greenlet")


class Mishaps(logging.Handler):
    """The number of them in this process since the run began."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.count = 0

    def attach(self) -> None:
        """Listens to the loggers that Locust uses; to be called once, after Locust has set up logging."""
        for name in ("", "locust"):  # the latter does not propagate
            logging.getLogger(name).addHandler(self)

    def reset(self) -> None:
        """Starts from nothing, for a new run."""
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(_BEGINNINGS):
            self.count += 1
