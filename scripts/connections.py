"""What went wrong between us and a server, in few words."""

from __future__ import annotations

import requests

from exporters.proxies import ProxySettingError, proxies_wanted
from scripts.errors import CommandError
from scripts.stack.env_file import settings

_KNOWN = (
    "Connection refused",
    "Name or service not known",
    "Temporary failure in name resolution",
    "No address associated with hostname",
    "nodename nor servname provided",
    "No route to host",
    "Network is unreachable",
    "Connection reset by peer",
    "Remote end closed connection without response",
    "certificate verify failed",
)


def in_words(error: requests.RequestException) -> str:
    """For example ``connection refused``: requests' own text is a nest of classes."""
    if isinstance(error, requests.Timeout):
        return "timeout"
    text = str(error)
    words = next((known.lower() for known in _KNOWN if known in text), type(error).__name__)
    return f"the proxy: {words}" if isinstance(error, requests.exceptions.ProxyError) else words


def direct_session() -> requests.Session:
    """Return a session that takes no proxy from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def users_take_proxies() -> bool:
    """Return whether virtual users take the proxies of the environment; raises CommandError for a wrong setting."""
    try:
        return proxies_wanted(settings())
    except ProxySettingError as error:
        raise CommandError(str(error)) from None
