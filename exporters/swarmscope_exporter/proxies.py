"""Proxies of the environment (HTTP_PROXY and its kin): off for all virtual users alike, or on where they are asked for.

Left alone, each client has its own way: websocket-client obeys the environment, HttpUser and FastHttpUser do not. A
proxy that one kind of user takes and another does not makes their latencies differ.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

import requests
from requests.utils import get_environ_proxies

VARIABLE = "LOADTEST_USE_PROXIES"
_ON, _OFF = frozenset(("1", "true", "yes", "on")), frozenset(("", "0", "false", "no", "off"))
_SUFFIX = "_proxy"
_PLATFORMS_WITH_PROXIES = frozenset(("darwin", "win32"))  # Python asks them where the environment names none
_merge_setting: Any = requests.sessions.merge_setting  # of the request, then of the session, as requests does it


class ProxySettingError(ValueError):
    """The setting is neither on nor off; the message is one line that says what is expected."""


def proxies_wanted(environment: Mapping[str, str]) -> bool:
    """Return whether virtual users take the proxies of the environment; raise ProxySettingError."""
    value = environment.get(VARIABLE, "").strip().lower()
    if value not in _ON | _OFF:
        raise ProxySettingError(f"{VARIABLE}: expected true or false, not {environment[VARIABLE]!r}")
    return value in _ON


def named_in(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that name a proxy, sorted."""
    names = (name for name, value in environment.items() if value and name.lower() != "no_proxy")
    return tuple(sorted(name for name in names if name.lower().endswith(_SUFFIX)))


def remove_proxies(environment: MutableMapping[str, str], platform: str = sys.platform) -> tuple[str, ...]:
    """Turn proxies off for every client of this process; return the variables that were set, sorted.

    A proxy that a locustfile gives to its client itself stays.
    """
    found = named_in(environment)
    for name in found:
        del environment[name]
    if platform in _PLATFORMS_WITH_PROXIES:
        environment["no_proxy"] = environment["NO_PROXY"] = "*"
    return found


def use_proxies_in(session_class: type[requests.Session]) -> None:
    """Make the sessions of this class take the proxies of the environment.

    Locust's HttpUser sets ``trust_env`` to False, which also keeps requests from reading .netrc and
    REQUESTS_CA_BUNDLE: those stay as they are.
    """
    merge: Any = session_class.merge_environment_settings
    rebuild: Any = session_class.rebuild_proxies

    def merge_with_proxies(session: Any, url: str, proxies: Any, *others: Any) -> Any:
        chosen = {**get_environ_proxies(url, no_proxy=(proxies or {}).get("no_proxy")), **(proxies or {})}
        return {**merge(session, url, dict(chosen), *others), "proxies": _merge_setting(chosen, session.proxies)}

    def rebuild_with_proxies(session: Any, request: Any, proxies: Any) -> Any:
        trusted, session.trust_env = session.trust_env, True
        try:
            return rebuild(session, request, proxies)
        finally:
            session.trust_env = trusted

    session_class.merge_environment_settings = merge_with_proxies  # type: ignore[assignment,method-assign]
    session_class.rebuild_proxies = rebuild_with_proxies  # type: ignore[method-assign]


def without_proxies(names: Iterable[str]) -> str:
    """Return the line that says which user classes take none though they are on."""
    return (
        f"{VARIABLE} has no effect on {', '.join(names)}: FastHttpUser and LeanHttpUser take a proxy only from their"
        " attributes proxy_host and proxy_port"
    )
