"""What a command prints to: standard streams that raise nothing, in any encoding, and without a reader."""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO, cast

from rich.console import Console

_HANDLER = "swarmscope-plain"
_TRAILING = re.compile(r"[ \t]+\n")
#: Columns of what is printed into a file or a pipe, unless COLUMNS says otherwise.
_FILE_WIDTH = 120
_PLAIN = {"≤": "<=", "≥": ">=", "≠": "!=", "→": "->", "…": "...", "·": "-", "µ": "u", "±": "+-"}


class Output:
    """A text stream whose reader may go away: from then on it takes everything and writes nothing."""

    def __init__(self, stream: TextIO, *, is_lost: bool = False) -> None:
        self._stream = stream
        self.is_lost = is_lost
        self._is_terminal = not is_lost and stream.isatty()
        with suppress(AttributeError, io.UnsupportedOperation):
            stream.reconfigure(errors=_HANDLER)  # type: ignore[attr-defined]  # of the streams that a program begins with

    def write(self, text: str) -> int:
        try:
            self._stream.write(text if self._is_terminal else _TRAILING.sub("\n", text))
            return len(text)
        except OSError:  # a closed pipe or terminal, a full disk
            self._lose()
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except OSError:
            self._lose()

    def _lose(self) -> None:
        """Let what is still in the stream's buffer, and all that follows, go nowhere."""
        self.is_lost = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def lenient_output() -> Iterator[Output]:
    """Put such streams in the place of standard output, which is returned, and of standard error."""
    codecs.register_error(_HANDLER, _in_plain_characters)
    before = sys.stdout, sys.stderr
    output = _of(sys.stdout)
    sys.stdout, sys.stderr = cast("TextIO", output), cast("TextIO", _of(sys.stderr))
    try:
        yield output
    finally:
        sys.stdout, sys.stderr = before


def new_console(**settings: Any) -> Console:
    """Return a console on standard output, as wide as the terminal; settings are those of rich's own."""
    is_wide = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if is_wide else _FILE_WIDTH, **settings)


def reader_is_gone() -> bool:
    """Return whether nothing reads the output of this command any more."""
    return bool(getattr(sys.stdout, "is_lost", False))  # through the stream that rich puts before it, too


def _of(stream: TextIO | None) -> Output:
    """Return a stream that is None was closed before the program began."""
    return Output(Path(os.devnull).open("w", encoding="utf-8"), is_lost=True) if stream is None else Output(stream)


def _in_plain_characters(error: UnicodeError) -> tuple[str, int]:
    """Write what an encoding does not have in characters that each has."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(character, "?") for character in error.object[error.start : error.end]), error.end
