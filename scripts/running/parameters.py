"""Checks and converts what a person typed, before anything is started."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from scripts.errors import CommandError
from scripts.running.options import DEFAULT_LOCUSTFILE

_TIME_SPAN = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def seconds_of(text: str) -> float:
    """``90``, ``90s``, ``5m``, ``1h30m`` in seconds; raises CommandError for anything else, and for zero."""
    match = _TIME_SPAN.fullmatch(text.strip())
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if total <= 0:
        raise CommandError(f"Invalid run time {text!r}: expected a time span over 0 such as 90, 30s, 5m or 1h30m")
    return float(total)


def positive(name: str, value: float | None) -> None:
    """Raises CommandError unless the value is absent or over 0."""
    if value is not None and value <= 0:
        raise CommandError(f"Invalid {name} {value:g}: expected a number over 0")


def scenario_name(given: str, locustfile: Path) -> str:
    """The scenario's own name; for another locustfile than ours any name is taken, its thresholds decide.

    Raises CommandError with the list of scenarios when ours has none of that name.
    """
    if locustfile.resolve() != DEFAULT_LOCUSTFILE.resolve():
        if not _NAME.fullmatch(given):
            raise CommandError(
                f"Invalid scenario {given!r}: expected up to 64 letters, digits, dots, dashes, underscores"
            )
        return given
    sys.path.insert(0, str(DEFAULT_LOCUSTFILE.parent))  # the folder is no package: the library of its name must win
    from scenarios import UnknownScenarioError, find  # noqa: PLC0415

    try:
        return str(find(given).name)
    except UnknownScenarioError as error:
        raise CommandError(str(error)) from error


def existing_file(path: Path) -> Path:
    if not path.is_file():
        raise CommandError(f"There is no locustfile at {path}: give the path of one with --locustfile")
    return path
