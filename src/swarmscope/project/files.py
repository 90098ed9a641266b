"""Files and folders: whole ones written, and text of other programs read."""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark, as editors and shells of Windows write them.

    Raise OSError, or UnicodeDecodeError.
    """
    return decoded(path.read_bytes())


def decoded(content: bytes) -> str:
    """Return the text of a file's content, as `read_text` does; raise UnicodeDecodeError."""
    return content.decode("utf-16" if content.startswith(_UTF_16_MARKS) else "utf-8-sig")


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: a disk that fills up in the middle leaves nothing that looks whole. Raise OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a folder to fill, which takes the place of ``path`` in one step at the end, and is gone after an error.

    Raise OSError.
    """
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a program that was killed
    partial.mkdir(parents=True)
    try:
        yield partial
        if path.exists():
            shutil.rmtree(path)
        partial.rename(path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def as_written_here(path: Path) -> Path:
    """Return a path as a person in the current folder, where there still is one, would write it."""
    try:
        return path.relative_to(Path.cwd())
    except (OSError, ValueError):
        return path
