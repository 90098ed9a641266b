"""The client of a LeanHttpUser: FastHttpSession with a short way for ordinary requests."""

from __future__ import annotations

import json as json_module
import time
from collections.abc import Mapping
from typing import Any, NoReturn, Self

from gevent import GreenletExit
from geventhttpclient.useragent import RetriesExceeded
from locust.contrib.fasthttp import (
    FAILURE_EXCEPTIONS,
    ErrorResponse,
    FastHttpSession,
    FastResponse,
    LocustBadStatusCode,
    ResponseContextManager,
    _construct_basic_auth_str,
)

from lean_http.compose import Composed, Composer
from lean_http.exchange import Answer, exchange
from lean_http.interim import read_final_answers
from lean_http.response import LeanResponse, LeanResponseContext, Question

#: What the short way does not do. Taken before anybody wraps it: a wrapper of `request` is to see a request once.
_request_in_full = FastHttpSession.request
_PARAMS_ALONE = frozenset(("params",))


class LeanHttpSession(FastHttpSession):
    """A FastHttpSession with cheaper requests; streams, files, proxies and retries are left to the base class."""

    #: For observers that wrap `request`: this one does not call that of the base class.
    makes_requests_itself = True
    _composer: Composer

    @classmethod
    def over(cls, session: FastHttpSession) -> Self:
        """Return a session that goes on with the settings, cookies and connections of another."""
        read_final_answers()
        lean = cls.__new__(cls)
        lean.__dict__.update(session.__dict__)
        lean._composer = Composer(session.client)
        return lean

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        read_final_answers()
        super().__init__(*args, **kwargs)
        self._composer = Composer(self.client)

    def request(  # type: ignore[override]  # noqa: PLR0913, PLR0917  # the arguments of FastHttpSession.request
        self,
        method: str,
        url: str,
        name: str | None = None,
        data: Any = None,
        catch_response: bool = False,  # noqa: FBT001, FBT002
        stream: bool = False,  # noqa: FBT001, FBT002
        headers: Mapping[str, Any] | None = None,
        auth: tuple[str | bytes, str | bytes] | None = None,
        json: Any = None,
        allow_redirects: bool = True,  # noqa: FBT001, FBT002
        context: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> FastResponse:
        """Return a request as FastHttpSession makes it, with the same arguments, result and event."""
        composed = None
        if not stream and not self.client.max_retries and (not kwargs or kwargs.keys() == _PARAMS_ALONE):
            built_url = self._build_url(url)
            all_headers, payload = self._headers_and_payload(headers, auth, data, json)
            params = kwargs.get("params")
            composed = self._composer.compose(method, self.base_url, built_url, all_headers, payload, params)
        if composed is None:
            return _request_in_full(
                self,
                method,
                url,
                name=name,
                data=data,
                catch_response=catch_response,
                stream=stream,
                headers=headers,  # type: ignore[arg-type]
                auth=auth,
                json=json,
                allow_redirects=allow_redirects,
                context=context or {},  # type: ignore[arg-type]
                **kwargs,
            )
        question = Question(self.client, method, built_url, all_headers, payload, params)
        response, measured = self._measure(composed, question, allow_redirects=allow_redirects)
        own_context = self.user.context() if self.user else {}
        request_meta = {
            "request_type": method,
            "name": name or self.request_name or url,
            "context": {**own_context, **(context or {})},
            "response": response,
            "url": built_url,
            **measured,
        }
        if not catch_response:
            self.request_event.fire(**request_meta)
            return response
        if type(response) is LeanResponse:
            return LeanResponseContext(response, self.request_event, request_meta)
        return ResponseContextManager(response, self.request_event, request_meta, catch_response)

    def _headers_and_payload(
        self, headers: Mapping[str, Any] | None, auth: Any, data: Any, json: Any
    ) -> tuple[dict[str, Any], Any]:
        """Return the headers and the body that FastHttpSession makes of these arguments."""
        headers = dict(headers) if headers else {}
        if auth:
            headers["Authorization"] = _construct_basic_auth_str(auth[0], auth[1])
        elif self.auth_header:
            headers["Authorization"] = self.auth_header
        if "Accept-Encoding" not in headers and "accept-encoding" not in headers:
            headers["Accept-Encoding"] = "gzip, deflate, br"
        if not data and json is not None:
            data = json_module.dumps(json)
            if "Content-Type" not in headers and "content-type" not in headers:
                headers["Content-Type"] = "application/json"
            if "Accept" not in headers and "accept" not in headers:
                headers["Accept"] = "application/json"
        return headers, data

    def _measure(
        self, composed: Composed, question: Question, *, allow_redirects: bool
    ) -> tuple[FastResponse, dict[str, Any]]:
        """Return the response, and what the request event says of how it went."""
        start_time, start = time.time(), time.perf_counter()
        length, error = 0, None
        try:
            response = self._send(composed, question, start, allow_redirects=allow_redirects)
        except FAILURE_EXCEPTIONS as failure:
            response, error = ErrorResponse(question.new_request(), failure), failure
        else:
            try:
                length = _content_bytes(response)
                error = getattr(response, "error", None)
            except FAILURE_EXCEPTIONS as failure:
                error = failure
        return response, {
            "exception": error,
            "start_time": start_time,
            "response_length": length,
            "response_time": (time.perf_counter() - start) * 1000,
        }

    def _send(self, composed: Composed, question: Question, start: float, *, allow_redirects: bool) -> FastResponse:
        """Return the response to the request, or to the last one that it was redirected to.

        Raises connection errors.
        """
        agent = self.client
        try:
            received = exchange(composed)
        except BaseException as error:  # noqa: BLE001  # each is raised again, some as another
            self._raise(error, question.url)
        if isinstance(received, Answer):
            response: FastResponse = LeanResponse(question, received, received.head_at - start)
            if received.framing.sets_cookies:
                self._take_cookies(response, question.request)
        else:
            response = agent.response_type(received, request=question.request)  # type: ignore[arg-type]
            response._elapsed = time.perf_counter() - start
            self._take_cookies(response, question.request)
        status = response.status_code
        if status not in agent.valid_response_codes:
            _fail(response, question.url)
        elif allow_redirects and agent.max_redirects and self._redirects(response):
            return self._follow(response, question.request)
        return response

    def _follow(self, response: FastResponse, request: Any) -> FastResponse:
        """Go where the response redirects to, with geventhttpclient's own requests: that is rare."""
        agent, url = self.client, request.url
        history: list[Any] = []
        for _ in range(agent.max_redirects):
            history.append(response)
            response.release()
            request.redirect(response.status_code, _location(response))
            if agent.cookiejar is not None:
                agent.cookiejar.add_cookie_header(request)
            try:
                started = time.monotonic()
                response = agent._urlopen(request)
                response._elapsed = time.monotonic() - started
            except BaseException as error:  # noqa: BLE001  # as above
                self._raise(error, url)
            self._take_cookies(response, request)
            if response.status_code not in agent.valid_response_codes:
                _fail(response, request.url)
                return response
            if not self._redirects(response):
                response._history = history
                return response
        raise RetriesExceeded(url, f"Redirection limit reached ({agent.max_redirects})")

    def _raise(self, error: BaseException, url: str) -> NoReturn:
        """Return what geventhttpclient's user agent makes of an error: a timeout, for one, becomes RetriesExceeded."""
        if not isinstance(error, GreenletExit):
            self.client._handle_error(error, url=url)  # raises the error, unless it is one to retry after
            self.client._handle_retries_exceeded(url, last_error=error)
        raise error

    def _take_cookies(self, response: FastResponse, request: Any) -> None:
        if self.client.cookiejar is not None:
            self.client.cookiejar.extract_cookies(response, request)  # type: ignore[arg-type]

    def _redirects(self, response: FastResponse) -> bool:
        return response.status_code in self.client.redirect_response_codes and bool(_location(response))


def _location(response: Any) -> str:
    """Return where the response sends its reader; empty when it does not say, or says two things."""
    location = response.headers.get("location")
    return location if isinstance(location, str) else ""


def _content_bytes(response: FastResponse) -> int:
    if isinstance(response, LeanResponse):
        response.raise_if_incomplete()
    return len(response.content or b"")


def _fail(response: Any, url: str) -> None:
    """Mark a response with a bad status as failed, once its body is complete; raise when that cannot be read."""
    _content_bytes(response)
    response.error = LocustBadStatusCode(url, code=response.status_code)
    response.error.response, response.error.request = response, response.request
