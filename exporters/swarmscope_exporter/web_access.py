"""Keeps other web pages from driving Locust's web interface through a browser that has it open."""

from __future__ import annotations

import socket
from collections.abc import Iterable

from flask import Flask, Response, request

from swarmscope_exporter.origins import allowed_hosts, is_from_another_site, is_ours

HOSTS_VARIABLE = "LOADTEST_WEB_HOSTS"
_EVERY_ADDRESS = ""


def refuse_other_sites(app: Flask, web_host: str, further_hosts: Iterable[str]) -> None:
    """Answer 403 to what a page of another site, or one that has made its own name resolve to this server, sends.

    Allow every address as Host, since no page can make an address resolve to another one, and of names only
    localhost, that of this machine, ``web_host`` and ``further_hosts``.
    """
    allowed = allowed_hosts(_EVERY_ADDRESS, (socket.gethostname(), web_host, *further_hosts))

    def check() -> Response | None:
        reason = _reason_to_refuse(allowed)
        return Response(f"{reason}\n", status=403, mimetype="text/plain") if reason else None

    app.before_request_funcs.setdefault(None, []).insert(0, check)  # before what the locustfile has added


def _reason_to_refuse(allowed: frozenset[str]) -> str:
    """Return why the request under way must not be answered, in one line; empty when it may."""
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    if not is_ours(host, None, allowed):
        return (
            f"Host {host!r} is not a name of this server: use its address, or add the name to {HOSTS_VARIABLE}"
            " where Locust's web interface is started"
        )
    if not is_ours(host, origin, allowed):
        return f"A page of {origin!r} may not use Locust's web interface: open {request.scheme}://{host} itself"
    if is_from_another_site(request.headers.get("Sec-Fetch-Site")) and not _is_followed_link():
        return "A page of another site may not use Locust's web interface"
    return ""


def _is_followed_link() -> bool:
    return request.method in {"GET", "HEAD"} and request.headers.get("Sec-Fetch-Mode") == "navigate"
