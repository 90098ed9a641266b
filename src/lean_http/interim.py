"""Interim answers (100 Continue, 102 Processing, 103 Early Hints): the answer to a request is the final one after them.

geventhttpclient's own response gives the connection back to its pool once an interim answer is complete: the body of
the final one is then left on a connection that the next request takes. After 101 Switching Protocols, which is final,
it waits for another answer.
"""

from __future__ import annotations

from http import HTTPStatus

import geventhttpclient.client
from geventhttpclient.response import HTTPSocketPoolResponse


class _SwitchedProtocolsError(Exception):
    """What follows on the connection is not HTTP any more."""


class FinalResponse(HTTPSocketPoolResponse):
    """The final answer to a request; the connection is given back when that one is complete.

    A connection that switched protocols is closed: nothing that follows on it is an answer.
    """

    def _on_headers_complete(self) -> int | bool | None:
        if self.get_code() == HTTPStatus.SWITCHING_PROTOCOLS:
            raise _SwitchedProtocolsError
        return super()._on_headers_complete()

    def _on_message_complete(self) -> None:
        if self.get_code() < HTTPStatus.OK:
            self.message_complete = True  # and the next one may begin, which is said by nothing else
        else:
            super()._on_message_complete()

    def _read_headers(self, pre_buffered: bytes = b"") -> None:
        try:
            super()._read_headers(pre_buffered)
        except _SwitchedProtocolsError:
            return  # released, and so closed, by the base class


def read_final_answers() -> None:
    """Make geventhttpclient, in all of this process, read the final answer: redirects and streams are read by it."""
    geventhttpclient.client.HTTPSocketPoolResponse = FinalResponse  # type: ignore[attr-defined]
