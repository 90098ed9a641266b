"""What stops a command, as one line for the person who typed it."""

from __future__ import annotations


class CommandError(Exception):
    """The command cannot do what it was asked to.

    The text says what was given, what was expected and what to do; it is printed without a traceback, exit code 2.
    """


class PrometheusUnavailableError(Exception):
    """Prometheus did not answer, or refused a query."""
