"""Ctrl-C while a command is still being imported: one line and exit code 2, where Python has a traceback.

Nothing heavy is imported here, for this comes before everything else.
"""

from __future__ import annotations

import os
import signal
from types import FrameType


def end_in_one_line() -> None:
    """Let Ctrl-C end this process at once, until `interrupt_as_usual`; one that is ignored (nohup) stays ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def interrupt_as_usual() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    os.write(2, b"Interrupted before anything was started\n")
    os._exit(2)  # an exception could end up in any module that is being imported
