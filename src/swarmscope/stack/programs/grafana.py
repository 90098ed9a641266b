"""Finds Grafana: the one of GRAFANA_HOME, else the one on PATH. It is used where it is there, and never fetched."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from swarmscope.errors import StackError
from swarmscope.stack.programs.prometheus_version import Report

NOT_WANTED = "none"
"""As GRAFANA_HOME: Grafana is not started, though it is there."""
DEFAULTS_FILE = Path("conf") / "defaults.ini"
#: Program and first argument; the second is the only one that releases before 9 have.
_PROGRAMS: Mapping[str, tuple[str, ...]] = {"grafana": ("server",), "grafana-server": ()}
#: Where the packages of Linux distributions put what is not the program.
_PACKAGED_HOME = Path("/usr/share/grafana")


@dataclass(frozen=True)
class GrafanaProgram:
    """``command`` starts the server; ``home`` holds its web pages and default settings."""

    command: tuple[str, ...]
    home: Path


def find_grafana(environment: Mapping[str, str], report: Report = print) -> GrafanaProgram | None:
    """Return none where there is none. Raise StackError when GRAFANA_HOME names something that cannot be used."""
    asked = environment.get("GRAFANA_HOME", "")
    if asked == NOT_WANTED:
        return None
    return _of_home(Path(asked)) if asked else _on_path(environment, report)


def _of_home(home: Path) -> GrafanaProgram:
    if not (home / DEFAULTS_FILE).is_file():
        raise StackError(
            f"GRAFANA_HOME={home} cannot be used: it has no {DEFAULTS_FILE}. Set it to the folder that Grafana was "
            f"unpacked to or installed in, to {NOT_WANTED} for no Grafana, or unset it to have one on PATH found"
        )
    command = _command_in(home)
    if command is None:
        raise StackError(f"GRAFANA_HOME={home} cannot be used: there is no program in {home / 'bin'} that can be run")
    return GrafanaProgram(command, home)


def _command_in(home: Path) -> tuple[str, ...] | None:
    programs = ((home / "bin" / name, arguments) for name, arguments in _PROGRAMS.items())
    return next(((str(path), *arguments) for path, arguments in programs if os.access(path, os.X_OK)), None)


def _on_path(environment: Mapping[str, str], report: Report) -> GrafanaProgram | None:
    for name, arguments in _PROGRAMS.items():
        program = shutil.which(name, path=environment.get("PATH", os.defpath))
        if program is None:
            continue
        home = _home_of(Path(program))
        if home is not None:
            # A package's program on PATH is a script that adds the settings of /etc/grafana.
            return GrafanaProgram(_command_in(home) or (program, *arguments), home)
        report(f"Grafana: skipped {program}: no {DEFAULTS_FILE} near it; GRAFANA_HOME can name the folder that has it")
    return None


def _home_of(program: Path) -> Path | None:
    """Beside the folder of the program (an unpacked archive), in its share (Homebrew), or where packages put it."""
    prefix = program.resolve().parent.parent
    candidates = (prefix, prefix / "share" / "grafana", _PACKAGED_HOME)
    return next((home for home in candidates if (home / DEFAULTS_FILE).is_file()), None)
