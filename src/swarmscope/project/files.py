"""Text files: whole ones written, and those of other programs read."""

from __future__ import annotations

import codecs
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
