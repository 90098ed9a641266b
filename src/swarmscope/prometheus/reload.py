"""Makes a Prometheus of this machine read its rules again, by a signal: its lifecycle API is off."""

from __future__ import annotations

import os
import re
import signal
import time

import requests

_LAST_RELOAD = re.compile(r"^prometheus_config_last_reload_(success_timestamp_seconds|successful) (\S+)$", re.MULTILINE)
_TIMEOUT_SECONDS = 10.0
_POLL_SECONDS = 0.05


def reload_rules(pid: int, url: str) -> bool:
    """Send SIGHUP, and return whether Prometheus could load what it then read; if not, it keeps what it had.

    Raises TimeoutError when it does not say within 10 s, and requests.RequestException when it does not answer.
    """
    before = _last_reload(url)
    os.kill(pid, signal.SIGHUP)
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    while (after := _last_reload(url)) == before:
        if time.monotonic() > deadline:
            raise TimeoutError(f"Prometheus at {url} says nothing of a reload within {_TIMEOUT_SECONDS:g} s")
        time.sleep(_POLL_SECONDS)
    return after["successful"] == 1


def _last_reload(url: str) -> dict[str, float]:
    """Return what its own metrics say, and not what it has scraped of them."""
    with requests.Session() as session:
        session.trust_env = False
        text = session.get(f"{url}/metrics", timeout=_TIMEOUT_SECONDS).text
    return {name: float(value) for name, value in _LAST_RELOAD.findall(text)}
