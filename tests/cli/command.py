"""Calls a command in this process, as its program would, and reads what it printed."""

from __future__ import annotations

from dataclasses import dataclass

import typer
from typer.testing import CliRunner


@dataclass(frozen=True)
class Ended:
    exit_code: int
    output: str
    error: str

    @property
    def words(self) -> str:
        """The output without line breaks and the frames of tables."""
        return " ".join(self.output.replace("│", " ").split())

    @property
    def error_line(self) -> str:
        """What was said on standard error, which has to be one line."""
        (line,) = self.error.splitlines()
        return line


def call(app: typer.Typer, *arguments: str) -> Ended:
    result = CliRunner(env={"COLUMNS": "160", "PROMETHEUS_URL": None}).invoke(app, arguments)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)
