"""Joins a host that ends in a slash with a path that begins with one: Locust's clients put the two side by side."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from locust.clients import HttpSession
from locust.contrib.fasthttp import FastHttpSession


def join_with_one_slash() -> None:
    """Make the clients of users with such a host send the path with one slash; all other clients stay as they are."""
    for session_class in (HttpSession, FastHttpSession):
        _wrap_init(session_class)


def _wrap_init(session_class: type[Any]) -> None:
    init = session_class.__init__

    def joining_init(session: Any, *args: Any, **kwargs: Any) -> None:
        init(session, *args, **kwargs)
        if str(session.base_url or "").endswith("/"):
            session._build_url = partial(_joined, session, session._build_url)  # noqa: SLF001  # Locust's own method

    session_class.__init__ = joining_init


def _joined(session: Any, build_url: Callable[[Any], str], path: Any) -> str:
    return f"{session.base_url.rstrip('/')}{path}" if str(path).startswith("/") else build_url(path)
