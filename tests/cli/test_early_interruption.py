"""Ctrl-C before a command has begun."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import suppress

import pytest
import typer

from swarmscope.cli.app import new_app, one_line_errors
from tests.places import ROOT


@pytest.mark.real
@pytest.mark.parametrize("module", ["typer", "rich.console", "swarmscope.run.environment"])
def test_while_its_modules_are_being_imported_it_is_one_line(module: str) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "swarmscope", "run", "smoky"]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert any(line.split("|")[-1].strip() == module for line in process.stderr)
        process.send_signal(signal.SIGINT)
        said = [line.strip() for line in process.stderr if not line.startswith("import time:")]
    assert (process.returncode, said) == (2, ["Interrupted before anything was started"])


class Interrupted:
    """Ctrl-C that comes while a class is being made, which Python takes for an error of that class."""

    def __set_name__(self, _owner: type, _name: str) -> None:
        raise KeyboardInterrupt


def make_class() -> None:
    type("Made", (), {"attribute": Interrupted()})


def test_while_a_class_is_being_made_it_is_one_line_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as end, one_line_errors("Interrupted before the load began"):
        make_class()
    assert (end.value.exit_code, capsys.readouterr().err) == (2, "Interrupted before the load began\n")


def test_it_is_no_traceback_of_a_command_that_has_no_line_for_it(capsys: pytest.CaptureFixture[str]) -> None:
    app = new_app()
    app.command()(make_class)
    with pytest.raises(SystemExit) as end, suppress(KeyboardInterrupt):
        app([])
    assert (end.value.code, capsys.readouterr().err) == (2, "Interrupted\n")
