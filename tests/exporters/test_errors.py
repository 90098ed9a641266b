"""From an exception and a status to one of six kinds."""

import pytest
from geventhttpclient.response import HTTPParseError
from geventhttpclient.useragent import ConnectionError as FastConnectionError
from geventhttpclient.useragent import RetriesExceeded
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, ReadTimeout
from websocket import WebSocketConnectionClosedException, WebSocketTimeoutException

from swarmscope_exporter.errors import ErrorKind, ValidationFailure, classify


@pytest.mark.parametrize(
    ("exception", "status", "kind"),
    [
        (TimeoutError("timed out"), 0, ErrorKind.TIMEOUT),
        (ReadTimeout(), 0, ErrorKind.TIMEOUT),
        (ConnectTimeout(), 0, ErrorKind.TIMEOUT),
        (WebSocketTimeoutException(), 0, ErrorKind.TIMEOUT),
        (ConnectionRefusedError(), 0, ErrorKind.CONNECTION),
        (ConnectionResetError(), 0, ErrorKind.CONNECTION),
        (RequestsConnectionError(), 0, ErrorKind.CONNECTION),
        (FastConnectionError("http://x", code=0, error="refused"), 0, ErrorKind.CONNECTION),
        (WebSocketConnectionClosedException(), 0, ErrorKind.CONNECTION),
        (RetriesExceeded("http://x", 0, original=TimeoutError("timed out")), 0, ErrorKind.TIMEOUT),
        (RetriesExceeded("http://x", "Redirection limit reached (30)"), 0, ErrorKind.OTHER),
        (TimeoutError("in the body"), 200, ErrorKind.TIMEOUT),
        (HTTPParseError("in the body"), 200, ErrorKind.CONNECTION),
        (RuntimeError(), 404, ErrorKind.HTTP_4XX),
        (RuntimeError(), 503, ErrorKind.HTTP_5XX),
        (ValidationFailure("no citations"), 200, ErrorKind.VALIDATION),
        ("the task said so", 200, ErrorKind.VALIDATION),
        (RuntimeError("nobody knows"), 0, ErrorKind.OTHER),
    ],
)
def test_each_failure_has_one_kind(exception: BaseException | str, status: int, kind: ErrorKind) -> None:
    assert classify(exception, status) is kind
