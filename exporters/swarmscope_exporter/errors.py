"""The closed set of error kinds, and how an exception and a status become one: error text is never a label."""

from __future__ import annotations

import socket
from enum import StrEnum
from http.client import HTTPException


class ErrorKind(StrEnum):
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    VALIDATION = "validation"
    OTHER = "other"


class ValidationFailure(Exception):
    """A response arrived, and its content is wrong: ``response.failure(ValidationFailure("no citations"))``."""


_TIMEOUT_NAMES = ("timeout", "timedout")


def classify(exception: BaseException | str, status: int) -> ErrorKind:
    """Return the kind of a failed request, from what it raised and the HTTP status (0: no response).

    A response with a good status that a task called a failure is a validation failure, whatever it was given:
    Locust's ``response.failure("…")`` passes a plain string or a CatchResponseError.
    """
    if isinstance(exception, ValidationFailure):
        return ErrorKind.VALIDATION
    if status >= 500:
        return ErrorKind.HTTP_5XX
    if status >= 400:
        return ErrorKind.HTTP_4XX
    kind = _kind_of_cause(getattr(exception, "original", None) or exception)
    # with a good status: what broke off the body is named, all else is what a task said of the answer
    return ErrorKind.VALIDATION if status > 0 and kind is ErrorKind.OTHER else kind


def _kind_of_cause(exception: BaseException | str) -> ErrorKind:
    """``exception`` is what FastHttpUser's RetriesExceeded, which every timeout becomes, was raised for."""
    if isinstance(exception, TimeoutError | socket.timeout) or _named_like_a_timeout(exception):
        return ErrorKind.TIMEOUT
    if isinstance(exception, OSError | EOFError | HTTPException) or "connection" in type(exception).__name__.lower():
        return ErrorKind.CONNECTION  # an HTTPException is an answer that was cut short, or none at all
    return ErrorKind.OTHER


def _named_like_a_timeout(exception: BaseException | str) -> bool:
    # requests, urllib3, websocket-client and geventhttpclient each have timeout classes of their own
    name = type(exception).__name__.lower()
    return any(part in name for part in _TIMEOUT_NAMES)
