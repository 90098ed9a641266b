"""Counts the redirects that users follow: Locust fires one event for a chain of requests, and the target counts each.

Each redirect is noted when it is followed and not when the chain ends: what fails or is cut off further on was
redirected all the same. A request that is not redirected costs nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from geventhttpclient.useragent import CompatRequest
from locust.clients import HttpSession
from locust.contrib.fasthttp import FastRequest

_DEFAULT_PORTS = {"http": 80, "https": 443}

OnRedirect = Callable[[bool], None]


def count_redirects(on_redirect: OnRedirect) -> None:
    """Wrap the clients so that ``on_redirect`` runs for each redirect that a user follows.

    It is told whether the redirect leads to the origin (scheme, host, port) that the request was first sent to.
    """
    _wrap_fast_request(on_redirect)
    _wrap_http_session(on_redirect)


def _wrap_fast_request(on_redirect: OnRedirect) -> None:
    """FastHttpUser and LeanHttpUser send one request object along the whole chain."""
    redirect = FastRequest.redirect

    def counted_redirect(request: CompatRequest, code: int, location: str) -> None:
        redirect(request, code, location)
        on_redirect(request._is_same_origin())  # noqa: SLF001  # compares with the origin of the first request

    FastRequest.redirect = counted_redirect  # type: ignore[assignment,method-assign]


def _wrap_http_session(on_redirect: OnRedirect) -> None:
    resolve: Any = HttpSession.resolve_redirects

    def counted_resolve(session: Any, response: Any, request: Any, *args: Any, **kwargs: Any) -> Iterator[Any]:
        responses: Iterator[Any] = resolve(session, response, request, *args, **kwargs)
        # With yield_requests nothing is followed: requests prepares what `response.next` returns.
        if kwargs.get("yield_requests") or not response.is_redirect:
            return responses
        return _counted(session, response, _origin(request.url), responses, on_redirect)

    HttpSession.resolve_redirects = counted_resolve  # type: ignore[assignment,method-assign]


def _counted(
    session: Any, response: Any, origin: object, responses: Iterator[Any], on_redirect: OnRedirect
) -> Iterator[Any]:
    while location := session.get_redirect_target(response):
        on_redirect(_origin(urljoin(response.url, location)) == origin)
        try:
            response = next(responses)
        except StopIteration:
            return
        yield response


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port; None for a URL that has none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
