"""A reader that waits for arrivals; with FAULT=burn its process computes instead of sending, once it is told to."""

from __future__ import annotations

import os
import time
from pathlib import Path

from locust import task

from lean_http import LeanHttpUser

_BURNS = os.environ.get("FAULT") == "burn"
_TRIGGER = Path(os.environ.get("FAULT_TRIGGER", "/nowhere"))


class Reader(LeanHttpUser):
    @task
    def read(self) -> None:
        if _BURNS and _TRIGGER.exists():
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                pass
        self.client.get("/items")
