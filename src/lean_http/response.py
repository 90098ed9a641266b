"""What a request returns: FastResponse's interface, on an answer that was read without a parser object."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPResponse
from geventhttpclient.useragent import CompatRequest
from locust.contrib.fasthttp import FastResponse, LocustUserAgent, ResponseContextManager

from lean_http.exchange import Answer

_GZIP = 16 + zlib.MAX_WBITS


class Question:
    """What was asked; made into geventhttpclient's request object only for those who want to see it."""

    __slots__ = ("_agent", "_request", "headers", "method", "params", "payload", "url")

    def __init__(
        self, agent: LocustUserAgent, method: str, url: str, headers: dict[str, Any], payload: Any, params: Any
    ) -> None:
        self._agent = agent
        self._request: CompatRequest | None = None
        self.method = method
        self.url = url
        self.headers = headers
        self.payload = payload
        self.params = params

    @property
    def request(self) -> CompatRequest:
        """The one request, which a redirect changes, as in FastHttpSession."""
        if self._request is None:
            self._request = self.new_request()
        return self._request

    def new_request(self) -> CompatRequest:
        """Return a request as geventhttpclient's user agent makes it; raise as it does for a URL that is none."""
        headers = self._agent.default_headers.copy()
        headers.update(self.headers)
        return self._agent._make_request(
            self.url, method=self.method, headers=headers, payload=self.payload, params=self.params
        )


class _Consumed(HTTPResponse):
    """A parsed head whose body has been read already."""

    def read(self, length: int | None = None) -> bytes:  # noqa: ARG002  # its interface
        return b""

    def readline(self, sep: bytes = b"\r\n") -> bytes:  # noqa: ARG002
        return b""

    def release(self) -> None:
        """Nothing to do: the connection is back in the pool."""

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


class LeanResponse(FastResponse):
    """A response; its headers are parsed when they are first read."""

    # These are slots and properties of the base classes: plain attributes here.
    status_code: int = 0
    url: str | None = None
    _elapsed: float | None = None
    _history: list[Any] = []  # noqa: RUF012  # never changed: what ends a redirect is not a LeanResponse
    _parsed: _Consumed | None = None

    def __init__(self, question: Question, answer: Answer, elapsed_seconds: float) -> None:
        self._question = question
        self._answer = answer
        self._elapsed = elapsed_seconds
        self.status_code = answer.status
        self.url = question.url
        self._body = answer.body
        self._is_packed = answer.framing.is_gzip

    @property
    def content(self) -> bytes:
        """The body, unpacked; raises zlib.error when it is not the gzip that the headers promise."""
        if self._is_packed:
            self._body = zlib.decompress(self._body, _GZIP)
            self._is_packed = False
        return self._body

    def raise_if_incomplete(self) -> None:
        """Raise what kept the body from arriving."""
        if self._answer.error is not None:
            raise self._answer.error

    @property
    def headers(self) -> Headers:  # type: ignore[override]
        return self._response._headers_index

    @property
    def request(self) -> CompatRequest:  # type: ignore[override]
        return self._question.request

    @property
    def _response(self) -> _Consumed:  # type: ignore[override]
        if self._parsed is None:
            self._parsed = _Consumed(self._question.method)
            self._parsed.feed(self._answer.head)
        return self._parsed

    @property
    def elapsed(self) -> timedelta | None:
        return None if self._elapsed is None else timedelta(seconds=self._elapsed)


class LeanResponseContext(LeanResponse, ResponseContextManager):
    """The same, for a with-block: what is reported of it is decided there."""

    def __init__(self, response: LeanResponse, request_event: Any, request_meta: dict[str, Any]) -> None:
        # A copy, because request_meta refers to the response: one object for both would be garbage in a cycle.
        self.__dict__.update(response.__dict__)
        self._request_event = request_event
        self.request_meta = request_meta
        self._catch_response = True
