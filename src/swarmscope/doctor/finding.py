"""What a check of the setup found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    OK = "OK"
    WARN = "WARN"  #: a run works, or works without that part
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """``mend`` says what to do; empty when nothing is wrong."""

    what: str
    level: Level
    found: str
    mend: str = ""


def ok(what: str, found: str) -> Finding:
    return Finding(what, Level.OK, found)


def warn(what: str, found: str, mend: str) -> Finding:
    return Finding(what, Level.WARN, found, mend)


def fail(what: str, found: str, mend: str) -> Finding:
    return Finding(what, Level.FAIL, found, mend)


def exit_code_of(findings: Iterable[Finding]) -> int:
    """0 when a run works, 1 when something has to be mended first."""
    return int(any(finding.level is Level.FAIL for finding in findings))
