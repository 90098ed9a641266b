"""Which commit of the project a run is of."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_TIMEOUT_SECONDS = 5.0
#: Of GitHub Actions and of GitLab: for a folder without a work tree, and a machine without Git.
_VARIABLES = ("GITHUB_SHA", "CI_COMMIT_SHA")
#: The whole hash, and whether tracked files differ from it.
_DESCRIBE = ("describe", "--always", "--abbrev=40", "--dirty", "--exclude=*")
_HASH = ("rev-parse", "--verify", "HEAD")


def commit_of(folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """Return the commit of the work tree that the folder is in, with ``-dirty`` where tracked files were changed.

    Without one, what the CI says; empty where that is not known either.
    """
    known = os.environ if environment is None else environment
    said = _git(folder, known, _DESCRIBE) or _git(folder, known, _HASH)
    return said or next((known[name] for name in _VARIABLES if known.get(name)), "")


def _git(folder: Path, environment: Mapping[str, str], arguments: tuple[str, ...]) -> str:
    # Set in a hook of Git, these would name another work tree.
    variables = {name: value for name, value in environment.items() if not name.startswith("GIT_")}
    try:
        result = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            env=variables | {"GIT_OPTIONAL_LOCKS": "0"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
