"""Ends a run that makes no sense: one line in the log of the master, and exit code 2."""

from __future__ import annotations

import logging
from typing import Any

import gevent
from locust.env import Environment
from locust.runners import WorkerRunner

from swarmscope.errors import ExitCode
from swarmscope_exporter.exit_code import set_own_exit_code
from swarmscope_exporter.phases import note_end

logger = logging.getLogger(__name__)

_MESSAGE = "loadtest_abort"


class Abort:
    """Carries the reason from whichever process found it to the one that runs the test, and stops it there once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._aborted = False

    def attach(self) -> None:
        """Listen for reasons, on the master and in a single process."""
        runner = self._environment.runner
        if runner is not None and not isinstance(runner, WorkerRunner):
            runner.register_message(_MESSAGE, self._on_message)

    def reset(self) -> None:
        """Take the exit code back when another run is started in the web interface."""
        if self._aborted:
            self._aborted = False
            set_own_exit_code(self._environment, None)

    def request(self, reason: str) -> None:
        """Ask for the end of the run; ``reason`` is one line that says what to do."""
        runner = self._environment.runner
        if runner is not None:
            runner.send_message(_MESSAGE, {"reason": reason})

    def announce(self, reason: str) -> bool:
        """Log the reason and set the exit code; the caller stops the run. False for any but the first one."""
        if self._aborted:
            return False
        self._aborted = True
        set_own_exit_code(self._environment, ExitCode.COULD_NOT_RUN)
        note_end(self._environment, reason)
        logger.error(reason)
        return True

    def _on_message(self, msg: Any, **_: Any) -> None:
        if self.announce(msg.data["reason"]):  # all workers find out the same
            gevent.spawn(self._stop)  # not here: in a single process this is the greenlet of a user

    def _stop(self) -> None:
        runner, options = self._environment.runner, self._environment.parsed_options
        assert runner is not None  # nothing is sent without one
        if options is not None and options.headless:
            runner.quit()
        else:
            runner.stop()
