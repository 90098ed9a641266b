"""Keeps Locust's own statistics usable whatever a locustfile calls its requests, and however it times them.

Locust sorts its entries by name and method, hashes them and packs them for the master: None, a number or half a
surrogate pair ends its reports. Such a name is replaced by its text. What is text already costs nothing: entries that
exist are found as before, and only a new one is looked at.

NaN, infinity or a time span end its reports as well, and a Decimal those of a worker to its master. Such a time becomes
a number, or None where it is impossible: Locust then counts a request without a time, as the recorder does.
"""

from __future__ import annotations

from math import inf
from typing import Any

from locust.stats import EntriesDict, RequestStats

from swarmscope_exporter.cells import milliseconds_of
from swarmscope_exporter.recorder import text_of


def accept_any_time() -> None:
    """Let Locust's statistics take a response time of any kind."""
    log_request: Any = RequestStats.log_request

    def log_possible_time(stats: RequestStats, method: Any, name: Any, response_time: Any, length: Any) -> None:
        if type(response_time) is not float or not 0.0 <= response_time < inf:
            response_time = milliseconds_of(response_time)
        log_request(stats, method, name, response_time, length)

    RequestStats.log_request = log_possible_time  # type: ignore[assignment,method-assign]


def accept_any_name() -> None:
    """Let Locust's statistics take a request name and type of any kind."""
    add_missing: Any = EntriesDict.__missing__
    log_error = RequestStats.log_error

    def add_as_text(entries: EntriesDict, key: tuple[Any, Any]) -> Any:
        texts = text_of(key[0]), text_of(key[1])
        if texts == key:
            return add_missing(entries, key)
        return entries[texts]

    def log_error_as_text(stats: RequestStats, method: Any, name: Any, error: Any) -> None:
        log_error(stats, text_of(method), text_of(name), text_of(error) if isinstance(error, str) else error)

    EntriesDict.__missing__ = add_as_text  # type: ignore[method-assign]
    RequestStats.log_error = log_error_as_text  # type: ignore[assignment,method-assign]
