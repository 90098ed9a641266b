"""Scales the pauses of any locustfile's users."""

from __future__ import annotations

from typing import Any

from locust import TaskSet

_scale = 1.0
_is_installed = False


def scale_think_times(scale: float) -> None:
    """Multiply every pause between two tasks by a factor, from now on; 1 leaves Locust as it is."""
    global _scale, _is_installed  # noqa: PLW0603  # Locust's classes are global in this process as well
    _scale = scale
    if scale == 1.0 or _is_installed:
        return
    _is_installed = True
    sleep = TaskSet._sleep  # noqa: SLF001  # `wait` calls it alone, whatever `wait_time` a class has

    def scaled_sleep(self: TaskSet, seconds: Any) -> None:
        sleep(self, seconds * _scale)  # type: ignore[no-untyped-call]

    TaskSet._sleep = scaled_sleep  # type: ignore[method-assign]  # noqa: SLF001
