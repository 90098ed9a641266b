"""Printing ends neither in a traceback nor in the exit code of a FAIL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from swarmscope.cli.main import COMMANDS
from tests.places import ROOT

pytestmark = pytest.mark.real

PROGRAMS = (
    *(f"swarmscope {name}" for name in COMMANDS),
    "scripts.validate_setup",
    "scripts.seed_data",
    "scripts.warm_cache",
)
#: A command of ours that prints what it is told to, and passes.
PROGRAM = """
import sys, time
from rich.console import Console
from swarmscope.cli.app import new_app, one_line_errors
from swarmscope.errors import CommandError
app = new_app()

@app.command()
def command(text: str = "", error: str = "", times: int = 1) -> None:
    for _ in range(times):
        Console().print(text)
    with one_line_errors():
        if error:
            raise CommandError(error)

app()
"""


def run(
    *arguments: str, redirect: str = "", encoding: str = "utf-8", folder: Path = ROOT
) -> subprocess.CompletedProcess[bytes]:
    """Return a command whose output goes where a shell sends it."""
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(ROOT)}
    line = ["bash", "-c", f'set -o pipefail; "$0" "$@" {redirect}', sys.executable, *arguments]
    return subprocess.run(line, cwd=folder, env=environment, capture_output=True, check=False, timeout=60)


def printed(*arguments: str, redirect: str = "", encoding: str = "utf-8") -> subprocess.CompletedProcess[bytes]:
    return run("-c", PROGRAM, *arguments, redirect=redirect, encoding=encoding)


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_help_of_every_command_can_be_shown_in_latin_1(program: str) -> None:
    done = run("-m", *program.split(), "--help", encoding="latin-1:strict")
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr.decode("latin-1")
    assert b"Usage: " in done.stdout


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("ascii:strict", b"<= 5 % ... ? ?\n"),
        ("latin-1:strict", b"<= 5 % ... \xe9 ?\n"),
        ("utf-8:strict", "≤ 5 % … é ?\n".encode()),
    ],
)
def test_what_an_encoding_does_not_have_is_said_otherwise(encoding: str, said: bytes) -> None:
    text = "≤ 5 % … é \udc80"  # the last one is half a character: the name of a file may have it
    shown, failed = printed("--text", text, encoding=encoding), printed("--error", text, encoding=encoding)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, said, b"")
    assert (failed.returncode, failed.stdout, failed.stderr) == (2, b"\n", said)


@pytest.mark.parametrize("redirect", ["| true", "| head -1", ">&-", ">/dev/full"])
def test_a_good_end_that_could_not_be_told_is_exit_code_2_without_a_traceback(redirect: str) -> None:
    done = printed("--text", "x" * 1000, "--times", "100", redirect=redirect)  # more than a pipe holds
    assert (done.returncode, done.stderr) == (2, b"")


def test_an_error_that_cannot_be_shown_is_exit_code_2_as_any_other() -> None:
    assert printed("--error", "no", redirect=">/dev/full 2>/dev/full").returncode == 2
    assert printed("--error", "no", redirect="2>&-").returncode == 2


def test_a_good_end_that_was_told_is_exit_code_0_whatever_became_of_standard_error() -> None:
    assert printed("--text", "fine", redirect="2>&-").returncode == 0
    assert printed("--text", "fine", redirect="| cat").stdout == b"fine\n"


def test_a_reader_that_has_gone_is_noticed_behind_a_live_display_as_well() -> None:
    program = (
        "from rich.console import Console\nfrom rich.live import Live\nfrom swarmscope.output import *\n"
        "import sys\nconsole = Console(force_terminal=True)\n"
        "with lenient_output(), Live(console=console):\n    console.print('x' * 9999)\n"
        "    print(type(sys.stdout).__name__, reader_is_gone(), file=sys.__stderr__)\n"
    )
    done = run("-c", program, redirect=">/dev/full")
    assert (done.returncode, done.stderr) == (0, b"FileProxy True\n")
