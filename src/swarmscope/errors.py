"""What stops a command, as one line for the person who typed it, and the exit codes of all commands."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What every command ends with."""

    PASS = 0
    FAIL = 1
    COULD_NOT_RUN = 2  #: or could not judge


class CommandError(Exception):
    """The command cannot do what it was asked to.

    The text says what was given, what was expected and what to do; it is printed without a traceback, exit code 2.
    """


class StackError(CommandError):
    """The embedded stack cannot run as asked."""


class ProcessFailedError(StackError):
    """A child process ended, or was not ready in time; the text goes on with the last lines of its log."""


class PrometheusUnavailableError(Exception):
    """Prometheus did not answer, or refused a query."""
