"""Load testing with a verdict that can be trusted.

A locustfile needs one line, ``observe()``. Everything else works with Locust's ordinary users and events.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from swarmscope_exporter.endpoints import Endpoint
from swarmscope_exporter.errors import ValidationFailure

__all__ = ["Endpoint", "ValidationFailure", "observe"]
__version__ = "0.1.0"


def observe(endpoints: Iterable[Endpoint] = (), scenarios: Sequence[str] | None = None) -> None:
    """Attach the recorder and the exporter to Locust; to be called at the top level of a locustfile.

    ``endpoints`` get their series at 0 before the load; ``scenarios`` are the valid values of ``--scenario``
    (any name is when left out). A second call only adds its endpoints.
    """
    # Locust patches the standard library on import: only where it runs.
    from swarmscope.locust_plugin.plugin import attach  # noqa: PLC0415

    attach(endpoints, scenarios)
