"""What all commands share: how they are declared, and how an error of the user's ends them."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console

from scripts.errors import CommandError, PrometheusUnavailableError

#: Could not run, or could not judge. 0 is a pass, 1 a fail.
EXIT_COULD_NOT_RUN = 2


class CommandLine(typer.Typer):
    """A command that breaks has not judged anything: Python's own exit code for that is 1, which says FAIL here."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().__call__(*args, **kwargs)
        except Exception:  # noqa: BLE001  # whatever it is, it is ours to mend, so all of it is shown
            traceback.print_exc()
            sys.exit(EXIT_COULD_NOT_RUN)


def new_app() -> CommandLine:
    """A command line whose own mistakes show a traceback, and nobody else's."""
    return CommandLine(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@contextmanager
def one_line_errors(interrupted: str = "Interrupted") -> Iterator[None]:
    """Inside, an error of the user's is one red line on standard error and exit code 2; so is Ctrl-C."""
    try:
        yield
    except (CommandError, PrometheusUnavailableError) as error:
        _print_error(str(error))
    except KeyboardInterrupt:
        _print_error(interrupted)
    else:
        return
    raise typer.Exit(EXIT_COULD_NOT_RUN) from None


def _print_error(line: str) -> None:
    Console(stderr=True).print(line, style="red", markup=False, highlight=False, soft_wrap=True)
