"""What all commands share: how they are declared, what they print to, and how an error of the user's ends them."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperCommand
from typer.models import CommandFunctionType as CommandFunction

from swarmscope.cli.early_interruption import interrupt_as_usual
from swarmscope.cli.options import RARE, is_for_all_options
from swarmscope.errors import CommandError, ExitCode, PrometheusUnavailableError
from swarmscope.output import Output, lenient_output
from swarmscope.processes.signals import ending_signals_interrupt

_PASSED_ON = "swarmscope.passed_on"
_EXIT_INTERRUPTED = 130  # as typer has it


class CommandLine(typer.Typer):
    """A command that breaks has not judged anything: Python's own exit code for that is 1, which says FAIL here."""

    def command(
        self, *args: Any, needs: Sequence[str] = (), **kwargs: Any
    ) -> Callable[[CommandFunction], CommandFunction]:
        """Like Typer's; up to the beginning of the command, Ctrl-C ends it in one line: nothing was started.

        ``needs`` are modules that it imports when it begins: too heavy to be imported for its help.
        """
        register = super().command(*args, **{"cls": ShortHelpCommand, **kwargs})

        def registered(function: CommandFunction) -> CommandFunction:
            @functools.wraps(function)
            def begin(*given: Any, **options: Any) -> Any:
                for module in needs:
                    import_module(module)
                interrupt_as_usual()
                return function(*given, **options)

            register(begin)
            return function

        return registered

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with lenient_output() as output:
            try:
                with ending_signals_interrupt():
                    return super().__call__(*args, **kwargs)
            except SystemExit as end:
                sys.exit(_exit_code(end, output))
            except KeyboardInterrupt:
                _print_error("Interrupted")
                sys.exit(ExitCode.COULD_NOT_RUN)
            except (CommandError, PrometheusUnavailableError) as error:
                _print_error(str(error))
                sys.exit(ExitCode.COULD_NOT_RUN)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is ours to fix, so all of it is shown
                if _comes_of_an_interruption(error):
                    _print_error("Interrupted")
                else:
                    traceback.print_exc()
                sys.exit(ExitCode.COULD_NOT_RUN)


def _exit_code(end: SystemExit, output: Output) -> Any:
    """Return the exit code, but 2 for an interruption, and for a good end that could not be told."""
    output.flush()
    is_abandoned = end.code == _EXIT_INTERRUPTED or isinstance(end.__context__, OSError | typer.Abort)
    is_untold = output.is_lost and not end.code
    return ExitCode.COULD_NOT_RUN if is_abandoned or is_untold else end.code


class ShortHelpCommand(TyperCommand):
    """A command with the option --help-all (`swarmscope.cli.options.HelpAll`): its --help leaves out what is rare."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """List arguments and options, those that are rare last."""
        sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], RARE: []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                sections[_section(parameter)].append(record)
        if any("--help-all" in parameter.opts for parameter in self.params) and not is_for_all_options(ctx):
            del sections[RARE]
        for title, records in sections.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class PassingCommand(ShortHelpCommand):
    """A command that passes what follows ``--`` on to Locust; see `passed_on`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        split = args.index("--") if "--" in args else len(args)
        ctx.meta[_PASSED_ON] = tuple(args[split + 1 :])
        return super().parse_args(ctx, args[:split])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        return [*super().collect_usage_pieces(ctx), "[-- ARGUMENTS OF LOCUST]"]


def passed_on(context: typer.Context) -> tuple[str, ...]:
    """Return what follows ``--`` on the command line of a `PassingCommand`."""
    return tuple(context.meta.get(_PASSED_ON, ()))


def _section(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return "Arguments"
    return RARE if getattr(parameter, "rich_help_panel", None) == RARE else "Options"


def new_app(*, add_completion: bool = False, **settings: Any) -> CommandLine:
    """Return a command line whose own mistakes show a traceback, and a user's mistakes do not."""
    return CommandLine(add_completion=add_completion, pretty_exceptions_enable=False, rich_markup_mode=None, **settings)


@contextmanager
def one_line_errors(interrupted: str = "Interrupted") -> Iterator[None]:
    """Inside, an error of the user's is one red line on standard error and exit code 2; so is Ctrl-C."""
    try:
        yield
    except (CommandError, PrometheusUnavailableError) as error:
        _print_error(str(error))
    except KeyboardInterrupt:
        _print_error(interrupted)
    except RuntimeError as error:
        if not _comes_of_an_interruption(error):
            raise
        _print_error(interrupted)
    else:
        return
    raise typer.Exit(ExitCode.COULD_NOT_RUN) from None


def _comes_of_an_interruption(error: BaseException) -> bool:
    """Return whether Ctrl-C was taken for an error, as Python does where it comes while a class is being made."""
    return isinstance(error.__cause__, KeyboardInterrupt)


def _print_error(line: str) -> None:
    Console(stderr=True).print(line, style="red", markup=False, highlight=False, soft_wrap=True)
