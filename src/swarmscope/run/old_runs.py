"""Removes the folders of runs that began long ago, and nothing else that is in a results folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from swarmscope.run.run_folders import began
from swarmscope.verdict.stored import verdict_document

#: What every run makes before its load: a folder without a verdict is one of ours by these.
_OF_A_RUN = ("rules", "logs")


@dataclass(frozen=True)
class OldRun:
    folder: Path
    began_seconds: float
    size_bytes: int


def old_runs(results: Path, before_seconds: float) -> tuple[OldRun, ...]:
    """Return the runs in a results folder that began before a time, in seconds since the epoch; oldest first.

    Raise OSError when the folder cannot be read.
    """
    found = []
    for folder in results.iterdir():
        begin = None if folder.is_symlink() or not folder.is_dir() else began(folder)
        if begin is None or begin[0] >= before_seconds or not _is_over(folder, before_seconds):
            continue
        found.append(OldRun(folder, begin[0], sum(_sizes(folder))))
    return tuple(sorted(found, key=lambda run: (run.began_seconds, run.folder.name)))


def _is_over(folder: Path, before_seconds: float) -> bool:
    """Return whether a run has its verdict, or was given up: a long one that is under way still writes its logs."""
    if verdict_document(folder):
        return True
    is_run = all((folder / name).is_dir() for name in _OF_A_RUN)
    return is_run and all(path.lstat().st_mtime < before_seconds for path in folder.rglob("*"))


def _sizes(folder: Path) -> Iterator[int]:
    return (path.lstat().st_size for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def remove(runs: Iterable[OldRun]) -> tuple[str, ...]:
    """Remove the folders; return a line for each that could not be, or not wholly."""
    problems = []
    for run in runs:
        try:
            shutil.rmtree(run.folder)
        except OSError as error:
            problems.append(f"{run.folder} cannot be removed: {error.strerror}: {error.filename}")
    return tuple(problems)
