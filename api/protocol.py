"""What uvicorn leaves open to a client that means harm: headers without an end, and a log full of tracebacks."""

import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADERS_BYTES_MAX = 64 * 1024
_REFUSAL = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedHttp(HttpToolsProtocol):
    """Closes a connection whose request line and headers take more than HEADERS_BYTES_MAX: the parser has no bound."""

    _headers_bytes = 0
    _is_in_headers = False

    def data_received(self, data: bytes) -> None:
        """Parse, and looks at what is still missing afterwards."""
        super().data_received(data)
        if not self._is_in_headers:
            return
        self._headers_bytes += len(data)
        if self._headers_bytes > HEADERS_BYTES_MAX and not self.transport.is_closing():
            self.transport.write(_REFUSAL)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._headers_bytes = 0
        self._is_in_headers = True

    def on_headers_complete(self) -> None:
        self._is_in_headers = False
        super().on_headers_complete()


def without_traceback(record: logging.LogRecord) -> bool:
    """Return a log filter: that a client's frame is not UTF-8 is one line, not a failure of ours with a traceback."""
    if record.exc_info and isinstance(record.exc_info[1], UnicodeDecodeError):
        record.exc_info = None
    return True
