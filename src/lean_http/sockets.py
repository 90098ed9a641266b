"""Idle connections."""

from __future__ import annotations

import select
from typing import Any

from gevent import monkey
from geventhttpclient.client import HTTPClient

# gevent's own poll would go through its event loop; this one only looks.
_poll = monkey.get_original("select", "poll")


def is_idle(sock: Any) -> bool:
    """Return whether a connection of the pool can be used: neither closed by the server nor with bytes unread.

    geventhttpclient asks with select(), which knows no file number over 1023: with more connections than that, it takes
    each of them for closed and opens a new one for every request.
    """
    try:
        number = sock.fileno()
        if number < 0:
            return False
        poller = _poll()
        poller.register(number, select.POLLIN)
        return not poller.poll(0)
    except (OSError, ValueError):
        return False


def use_any_file_number(client: HTTPClient) -> None:
    """Make the client's pool ask `is_idle`."""
    client._connection_pool._is_socket_alive = is_idle  # type: ignore[method-assign]
