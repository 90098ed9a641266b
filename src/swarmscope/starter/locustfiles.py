"""Finds the locustfile that a folder has already."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MAX_DEPTH = 3
_MAX_FILES = 2_000  # of Python that are looked into
_MAX_BYTES = 200_000
_PASSED_OVER = frozenset({"__pycache__", "build", "dist", "node_modules", "results", "site-packages", "venv", "env"})
_IMPORTS_LOCUST = re.compile(rb"^\s*(?:from\s+locust\b|import\s+locust\b)", re.MULTILINE)
_USER_CLASS = re.compile(rb"^class\s+\w+\([^)]*User\b", re.MULTILINE)
_SHAPE_CLASS = re.compile(rb"^class\s+\w+\([^)]*LoadTestShape\b", re.MULTILINE)


@dataclass(frozen=True)
class FoundLocustfiles:
    """``chosen`` is what a run would take, relative to the folder; ``others`` look like locustfiles, too."""

    chosen: Path | None = None
    others: tuple[Path, ...] = ()


def find_locustfiles(folder: Path) -> FoundLocustfiles:
    """Return the locustfile of a folder: ``locustfile.py``, else ``locustfiles/``, else files that have users.

    Of these, one with ``locustfile`` in its name goes first, and then the one that is nearest to the folder.
    """
    if (folder / "locustfile.py").is_file():
        return FoundLocustfiles(Path("locustfile.py"))
    if any(_has_users(path) for path in (folder / "locustfiles").rglob("*.py")):
        return FoundLocustfiles(Path("locustfiles"))
    found = sorted((path.relative_to(folder) for path in _python_files(folder) if _has_users(path)), key=_order)
    return FoundLocustfiles(found[0], tuple(found[1:])) if found else FoundLocustfiles()


def has_shape(path: Path) -> bool:
    """Return whether a locustfile, or one in a folder of them, says by itself how many users there are when."""
    files = path.rglob("*.py") if path.is_dir() else [path]
    return any(_SHAPE_CLASS.search(_content(file)) for file in files)


def _order(path: Path) -> tuple[bool, int, str]:
    return ("locustfile" not in path.stem, len(path.parts), path.as_posix())


def _python_files(folder: Path) -> Iterator[Path]:
    """Yield the Python files of a folder, those that are near first, and none of a virtual environment."""
    left, count = [(folder, 1)], 0
    while left:
        here, depth = left.pop(0)
        try:
            entries = sorted(here.iterdir())
        except OSError:
            continue
        for entry in entries:
            if entry.suffix == ".py" and entry.is_file():
                count += 1
                yield entry
            elif depth < _MAX_DEPTH and _is_entered(entry):
                left.append((entry, depth + 1))
        if count > _MAX_FILES:
            return


def _is_entered(folder: Path) -> bool:
    is_left_out = folder.name.startswith(".") or folder.name in _PASSED_OVER
    return not is_left_out and not folder.is_symlink() and folder.is_dir() and not (folder / "pyvenv.cfg").exists()


def _has_users(path: Path) -> bool:
    content = _content(path)
    return bool(_IMPORTS_LOCUST.search(content) and _USER_CLASS.search(content))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_BYTES)
    except OSError:
        return b""
