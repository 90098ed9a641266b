"""Text as other programs leave it: with a byte order mark, where an editor or a shell of Windows wrote it."""

from __future__ import annotations

import codecs
from pathlib import Path

_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(path: Path) -> str:
    """Return the text of a file in UTF-8, or in UTF-16 with its mark; raise OSError, or UnicodeDecodeError."""
    content = path.read_bytes()
    return content.decode("utf-16" if content.startswith(_UTF_16_MARKS) else "utf-8-sig")
