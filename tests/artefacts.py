"""Looks for secrets in what a run leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from swarmscope.project.env_file import EXAMPLE_FILE, read_env_file


def secrets_of(env_file: Path) -> dict[str, str]:
    """Return the secrets by their variables: those that have no value in the example."""
    wanted = {name for name, value in read_env_file(EXAMPLE_FILE).items() if not value}
    found = {name: value for name, value in read_env_file(env_file).items() if name in wanted}
    assert set(found) == wanted
    assert all(len(value) > 8 for value in found.values())
    return found


def told_in(text: str, secrets: Mapping[str, str]) -> list[str]:
    """Return the variables whose secrets the text contains."""
    return [name for name, value in secrets.items() if value in text]


def told_in_files(folder: Path, secrets: Mapping[str, str]) -> list[str]:
    """``file: variable`` for each secret in a file below the folder, whatever kind of file it is."""
    return [
        f"{path.relative_to(folder)}: {name}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for name, value in secrets.items()
        if value.encode() in path.read_bytes()
    ]
