"""What went wrong between us and a server, in few words; and whether a system under test answers at all."""

from __future__ import annotations

import re
import socket
import warnings
from urllib.parse import SplitResult, urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import InsecureRequestWarning

from swarmscope.errors import CommandError
from swarmscope_exporter.addresses import masked

_TARGET_TIMEOUT_SECONDS = (3.0, 10.0)
_CONNECT_TIMEOUT_SECONDS = 3.0
_VERIFY_FAILED = "certificate verify failed"
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
    _VERIFY_FAILED,
)
_CERTIFICATE = re.compile(r"certificate verify failed: (.+?)\.? \(_ssl")
_TLS_REASON = re.compile(r"\[SSL: ([A-Z0-9_]+)\]")
#: What OpenSSL says to a server that speaks no TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
_HTTP_PORTS = {"http": 80, "https": 443}
_HTTP = tuple(f"{scheme}://" for scheme in _HTTP_PORTS)


def in_words(error: requests.RequestException) -> str:
    """For example ``connection refused``: requests' own text is a nest of classes."""
    if isinstance(error, requests.Timeout):
        return "timeout"
    text = str(error)
    words = _tls_in_words(text) or next((known.lower() for known in _KNOWN if known in text), type(error).__name__)
    return f"the proxy: {words}" if isinstance(error, requests.exceptions.ProxyError) else words


def _tls_in_words(text: str) -> str:
    if match := _CERTIFICATE.search(text):
        return f"{_VERIFY_FAILED}: {match[1]}"
    reason = _TLS_REASON.search(text)
    if reason is None:
        return ""
    return "it does not speak TLS" if reason[1] in _NO_TLS else reason[1].lower().replace("_", " ")


def direct_session() -> requests.Session:
    """Return a session that takes no proxy from the environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def is_http(host: str) -> bool:
    """Return whether a host is the address of an HTTP server: users of other protocols have hosts of any form."""
    return host.lower().startswith(_HTTP)


def require_target(url: str, *, through_proxies: bool, verify: bool | str = True) -> None:
    """Raise CommandError when the API under test gives no HTTP response; any status will do.

    ``through_proxies``: as virtual users go where they take the proxies of the environment. ``verify`` is whether its
    certificate has to be valid, or the CA bundle by which it has to be.
    """
    try:
        with direct_session() as session:
            if through_proxies:
                session.proxies = get_environ_proxies(url)
            session.verify = verify
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", InsecureRequestWarning)  # the verdict says it
                session.get(url, timeout=_TARGET_TIMEOUT_SECONDS, allow_redirects=False)
    except requests.exceptions.SSLError as error:
        raise CommandError(
            _tls_problem(masked(url), in_words(error), verify if isinstance(verify, str) else "")
        ) from error
    except (requests.RequestException, ValueError) as error:  # the latter for what is not the name of a host
        words = in_words(error) if isinstance(error, requests.RequestException) else "not a valid name of a host"
        raise CommandError(
            f"The API at {masked(url)} does not answer ({words}): start it, or name another with --host"
        ) from error


def _tls_problem(url: str, words: str, bundle: str) -> str:
    unasked = "where the users need none of it, [target] check = 'tcp' in swarmscope.toml asks for a connection alone"
    if _VERIFY_FAILED not in words:
        return f"The API at {url} cannot be reached over TLS ({words}): name another with --host; {unasked}"
    if bundle:
        return (
            f"The certificate of {url} does not fit the CA bundle {bundle} ({words}): give that of its authority with"
            " --ca-bundle"
        )
    return (
        f"The certificate of {url} is not valid ({words}): give the file of its authority with --ca-bundle; {unasked}"
    )


def require_port(host: str) -> None:
    """Raise CommandError when nothing accepts a TCP connection at a host that names a port."""
    name, port = address_of(host)
    try:
        with socket.create_connection((name, port or 0), timeout=_CONNECT_TIMEOUT_SECONDS):
            return
    except (OSError, ValueError) as error:  # the latter for what is not the name of a host
        words = "timeout" if isinstance(error, TimeoutError) else str(getattr(error, "strerror", None) or error).lower()
        raise CommandError(
            f"Nothing answers at {masked(host)} (tcp {name}:{port}: {words}): start it, or name another with --host"
        ) from error


def address_of(host: str) -> tuple[str, int | None]:
    """Return name and port of a host of any form: a URL of any scheme, host:port, or a name; the port may be unknown.

    Raise ValueError for one that has neither.
    """
    parts = _split(host)
    if not parts.hostname:
        raise ValueError(f"{masked(host)!r} names no host")
    return parts.hostname, parts.port if parts.port is not None else _HTTP_PORTS.get(parts.scheme)


def _split(host: str) -> SplitResult:
    return urlsplit(host if "://" in host else f"//{host}")


def require_host(name: str, host: str | None) -> None:
    """Raise CommandError for the address of an HTTP server that is not complete; others may have any form."""
    if host is not None and (is_http(host.strip()) or not host.strip()):
        require_url(name, host)


def require_url(name: str, url: str | None) -> None:
    """Raise CommandError unless the address is absent, or complete."""
    if url is None:
        return
    try:
        parts = urlsplit(url)
        valid = parts.scheme in _HTTP_PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, half a bracket
        valid = False
    if not valid:
        raise CommandError(f"Invalid {name} {masked(url)!r}: expected an address such as http://127.0.0.1:8000")
    if set(url) & {"?", "#"} or url.split() != [url]:
        # A path behind a query or fragment is a part of it; and urlsplit passes over a blank in front, Locust does not.
        raise CommandError(
            f"Invalid {name} {masked(url)!r}: expected an address without a query (?), a fragment (#) or blanks"
        )
