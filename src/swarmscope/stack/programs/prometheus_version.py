"""Which Prometheus is good enough, and what all ways of getting one share."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

PROGRAMS = ("prometheus", "promtool")
MINIMUM_VERSION = (3, 5, 0)
MINIMUM_VERSION_TEXT = "3.5"
VERSION_TIMEOUT_SECONDS = 20
VERSION_PATTERN = re.compile(r"version (\d+)\.(\d+)\.(\d+)")

Version = tuple[int, int, int]
Report = Callable[[str], None]


class UnusableError(Exception):
    """Why one way of getting Prometheus does not work here; the next way is tried."""


def version_of(program: Path) -> Version:
    """Return the version a Prometheus program states. Raise UnusableError when it does not run or states none."""
    try:
        result = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=VERSION_TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UnusableError(f"{program} does not run: {error}") from error
    match = VERSION_PATTERN.search(result.stdout + result.stderr)
    if match is None:
        raise UnusableError(f"{program} --version states no version")
    return int(match[1]), int(match[2]), int(match[3])


def version_text(version: Version) -> str:
    """Return a version as people write it: ``3.5.0``."""
    return ".".join(str(number) for number in version)


def publish(programs: Path, destination: Path) -> Path:
    """Move a complete folder to its place in one step, so that no run ever finds half of it; return the place."""
    shutil.rmtree(destination, ignore_errors=True)
    return programs.rename(destination)
