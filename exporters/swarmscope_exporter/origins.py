"""Whether an HTTP request is meant for this server, or was sent by a web page from elsewhere.

A web page can make its visitor's browser send requests to servers on the loopback interface, and with a name of its
own that resolves to 127.0.0.1 (DNS rebinding) it can read the answers. Origin shows the first, Host the second.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address

_LOOPBACK_NAME = "localhost"
#: In a set of allowed hosts it stands for every address: no web page can make an address resolve to another one.
_ANY_ADDRESS = "0.0.0.0"  # noqa: S104  # compared, not bound
_WILDCARDS = frozenset({"", "*", _ANY_ADDRESS, "::"})
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?", re.IGNORECASE)
_DEFAULT_PORTS = {"http": "80", "https": "443"}


def allowed_hosts(bind_host: str, extra: Iterable[str] = ()) -> frozenset[str]:
    """Return the names and addresses, without ports, under which a server that listens on ``bind_host`` may be reached.

    Loopback addresses are always among them; a server that listens on all addresses allows every address, but no name
    other than localhost and those in ``extra``.
    """
    names = [bind_host, *(name for name in extra if name.strip())]
    return frozenset({_LOOPBACK_NAME, *(_normalized(name) for name in names)})


def is_ours(host_header: str | None, origin_header: str | None, allowed: frozenset[str]) -> bool:
    """Return whether ``Host`` names an allowed host, and ``Origin``, where there is one, is the origin that Host names.

    Pass None for a header that the request does not have. A request without Host is refused: each browser sends one.
    """
    target = _host_and_port(host_header or "")
    if target is None or not _is_allowed(target[0], allowed):
        return False
    return origin_header is None or _host_and_port_of_origin(origin_header) == target


def is_from_another_site(fetch_site_header: str | None) -> bool:
    """Return whether ``Sec-Fetch-Site`` says that a page of another origin made the browser send this request.

    For state-changing GET requests, which browsers send without Origin (an image, a link).
    """
    return (fetch_site_header or "").strip().lower() in {"cross-site", "same-site"}


def _is_allowed(host: str, allowed: frozenset[str]) -> bool:
    if host in allowed:
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or _ANY_ADDRESS in allowed


def _host_and_port(authority: str) -> tuple[str, str | None] | None:
    match = _AUTHORITY.fullmatch(authority.strip())
    return (_normalized(match["host"]), match["port"]) if match else None


def _host_and_port_of_origin(origin: str) -> tuple[str, str | None] | None:
    scheme, separator, authority = origin.strip().partition("://")
    default_port = _DEFAULT_PORTS.get(scheme.lower())
    parsed = _host_and_port(authority) if separator and default_port else None
    return (parsed[0], None if parsed[1] == default_port else parsed[1]) if parsed else None


def _normalized(host: str) -> str:
    """Return a host in one spelling: lower case, without brackets, zone and trailing dot."""
    bare = host.strip().lower().removeprefix("[").removesuffix("]").partition("%")[0]
    if bare in _WILDCARDS:
        return _ANY_ADDRESS
    try:
        address = ip_address(bare)
    except ValueError:
        return bare.removesuffix(".")
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
