"""What can go wrong with the embedded stack, as one line for the person who started it."""

from scripts.errors import CommandError

EXIT_CODE = 2


class StackError(CommandError):
    """The stack cannot run as asked."""


class ProcessFailedError(StackError):
    """A child process ended, or was not ready in time; the text goes on with the last lines of its log."""
