"""Makes FastHttpUser and HttpUser go on to the final answer after an interim one, as LeanHttpUser does.

Left alone, requests takes 103 Early Hints for the answer and leaves the real one to the next request on that
connection; what geventhttpclient does is told in `lean_http.interim`.
"""

from __future__ import annotations

import http.client
from http import HTTPStatus

import urllib3.connection

from lean_http import interim


class _FinalHttpResponse(http.client.HTTPResponse):
    """The final answer to a request of HttpUser; http.client itself goes on after 100 Continue alone."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        while HTTPStatus.CONTINUE <= status < HTTPStatus.OK and status != HTTPStatus.SWITCHING_PROTOCOLS:
            http.client.parse_headers(self.fp)
            version, status, reason = super()._read_status()  # type: ignore[misc]
        return version, status, reason

    def begin(self) -> None:
        super().begin()
        if self.status == HTTPStatus.SWITCHING_PROTOCOLS:
            self.will_close = True  # what follows on the connection is not HTTP


def read_final_answers() -> None:
    """Make the clients of this process read on after an interim answer; to be called once."""
    interim.read_final_answers()
    urllib3.connection.HTTPConnection.response_class = _FinalHttpResponse
