"""The shop of examples/own_api, running."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

from tests.places import ROOT

FOLDER = ROOT / "examples" / "own_api"


class Shop:
    """``with Shop() as shop``: at ``shop.url``, each of its answers ``slow_seconds`` late."""

    def __init__(self, slow_seconds: float = 0.0) -> None:
        self._command = [sys.executable, str(FOLDER / "app.py"), "--port", "0", "--slow", f"{slow_seconds:g}"]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        assert said.startswith("the shop is open at http://"), said
        self.url = said.split()[-1]
        return self

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Inside, it takes no customer from the queue."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)
