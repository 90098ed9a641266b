"""Load testing with a verdict that can be trusted.

A locustfile needs no line of Swarmscope's. What it may declare is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swarmscope_exporter.endpoints import Endpoint, declare
from swarmscope_exporter.errors import ValidationFailure

__all__ = ["Endpoint", "ValidationFailure", "observe"]
__version__ = "0.1.0"


def observe(endpoints: Iterable[Endpoint] = (), scenarios: Sequence[str] | None = None) -> None:
    """Declare what is known of a locustfile beforehand; optional, and without effect under plain `locust`.

    ``endpoints`` get their series at 0 before the load; ``scenarios`` are the valid values of ``--scenario`` (any name
    is when left out). Further calls add to what was declared.
    """
    declare(endpoints, scenarios)
