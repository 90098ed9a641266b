"""What went wrong between us and a server, in few words."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies

from swarmscope.errors import CommandError

_TARGET_TIMEOUT_SECONDS = (3.0, 10.0)
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


def require_target(url: str, *, through_proxies: bool) -> None:
    """Raise CommandError when the API under test gives no HTTP response; any status will do.

    ``through_proxies``: as virtual users go where they take the proxies of the environment.
    """
    try:
        with direct_session() as session:
            if through_proxies:
                session.proxies = get_environ_proxies(url)
            session.get(url, timeout=_TARGET_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise CommandError(
            f"The API at {url} does not answer ({in_words(error)}): start it, or name another with --host"
        ) from error


def require_url(name: str, url: str | None) -> None:
    """Raise CommandError unless the address is absent, or complete."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, half a bracket
        valid = False
    if not valid:
        raise CommandError(f"Invalid {name} {url!r}: expected an address such as http://127.0.0.1:8000")
    if set(url) & {"?", "#"} or url.split() != [url]:
        # A path behind a query or fragment is a part of it; and urlsplit passes over a blank in front, Locust does not.
        raise CommandError(f"Invalid {name} {url!r}: expected an address without a query (?), a fragment (#) or blanks")
