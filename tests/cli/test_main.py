"""The command line as a whole: its list of commands, their help, and what the names in scripts/ come to."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from swarmscope import __version__
from swarmscope.cli.main import COMMANDS, RARE, app
from tests.cli.command import call
from tests.places import ROOT

MAX_HELP_LINES = 25
WRAPPERS = {"run_load_tests": "all", "analyze_results": "analyze", "check_thresholds": "thresholds"}


def run(*command: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.real
@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_fits_a_screen_of_80_columns_and_25_lines(command: str) -> None:
    shown = run("-m", "swarmscope", *command.split(), "--help")
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = shown.stdout.splitlines()
    assert lines[0].startswith(f"Usage: swarmscope {command}".rstrip())
    assert len(lines) <= MAX_HELP_LINES
    assert max(map(len, lines)) <= 80


@pytest.mark.real
def test_help_all_has_the_rare_options_as_well() -> None:
    short, long = (run("-m", "swarmscope", "run", option).stdout for option in ("--help", "--help-all"))
    assert "--tags" not in short
    assert "--help-all" in short
    assert "More options:" in long
    assert "--tags" in long
    assert set(short.split()) <= set(long.split())


def test_without_a_command_the_commands_are_listed() -> None:
    ended = call(app)
    assert ended.exit_code == 2
    assert all(f"  {name} " in ended.error + ended.output for name in COMMANDS if name not in RARE)


def test_a_command_that_does_not_exist_is_answered_with_the_nearest_one() -> None:
    ended = call(app, "verdikt")
    assert ended.exit_code == 2
    assert "No such command 'verdikt'. Did you mean 'verdict'?" in ended.error


def test_the_version_is_that_of_the_package() -> None:
    assert call(app, "--version").output == f"swarmscope {__version__}\n"


@pytest.mark.real
def test_listing_the_commands_imports_none_of_them() -> None:
    program = "import sys; sys.argv = ['swarmscope', '--help']; import atexit\n"
    program += "atexit.register(lambda: print(sorted(n for n in sys.modules if n.startswith('swarmscope.'))))\n"
    program += "from swarmscope.__main__ import main; main()"
    imported = run("-c", program).stdout.splitlines()[-1]
    assert "swarmscope.cli.main" in imported
    assert "swarmscope.run" not in imported


@pytest.mark.real
@pytest.mark.parametrize(("script", "command"), WRAPPERS.items())
def test_a_script_of_the_old_name_is_the_command(script: str, command: str) -> None:
    by_script = run(f"scripts/{script}.py", "--help")
    assert by_script.stdout == run("-m", "swarmscope", command, "--help").stdout
    assert by_script.stdout.startswith(f"Usage: swarmscope {command} ")


@pytest.mark.real
@pytest.mark.parametrize("script", WRAPPERS)
def test_a_script_where_nothing_is_installed_says_just_that(script: str) -> None:
    ended = run("-S", "-E", f"scripts/{script}.py")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"{sys.executable} lacks swarmscope: run `make install`, then use .venv/bin/python\n"


@pytest.mark.real
def test_a_shell_completes_commands_and_their_options() -> None:
    environment = os.environ | {"_SWARMSCOPE_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    for words, expected in (("swarmscope ver", "verdict"), ("swarmscope run --loc", "--locustfile")):
        asked = environment | {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        done = subprocess.run(
            [sys.executable, "-m", "swarmscope"], env=asked, capture_output=True, text=True, check=False, timeout=60
        )
        assert expected in done.stdout.split(), done.stderr
