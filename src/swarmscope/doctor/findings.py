"""What a check found, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from swarmscope.errors import ExitCode


class Level(StrEnum):
    OK = "OK"
    WARN = "WARN"  #: a run works, or works without that part
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """``remedy`` says what to do; empty when nothing is wrong."""

    what: str
    level: Level
    found: str
    remedy: str = ""


def ok(what: str, found: str) -> Finding:
    return Finding(what, Level.OK, found)


def warn(what: str, found: str, remedy: str) -> Finding:
    return Finding(what, Level.WARN, found, remedy)


def fail(what: str, found: str, remedy: str) -> Finding:
    return Finding(what, Level.FAIL, found, remedy)


def exit_code_of(findings: Iterable[Finding]) -> ExitCode:
    """Return PASS when a run works, FAIL when something has to be fixed first."""
    return ExitCode.FAIL if any(finding.level is Level.FAIL for finding in findings) else ExitCode.PASS
