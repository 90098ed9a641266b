"""What is known of the requests before the first one is sent: their names, and the category each belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

OVERFLOW_NAME = "(overflow)"
#: Request types of HTTP clients; other protocols name theirs otherwise.
HTTP_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))


@dataclass(frozen=True)
class Endpoint:
    """A request that users will make; its series exist at 0 before the load starts.

    ``name`` is a template (``/api/leads/{id}``), ``status`` the one that a success answers with.
    """

    method: str
    name: str
    category: str = ""
    status: int = 200


_declared: list[Endpoint] = []
_declared_scenarios: list[str] = []


def declare(endpoints: Iterable[Endpoint], scenarios: Sequence[str] | None) -> None:
    """Keep what a locustfile says of its requests and of the scenarios that it knows, for where it is observed."""
    _declared.extend(endpoints)
    _declared_scenarios.extend(scenarios or ())


def declared_endpoints() -> tuple[Endpoint, ...]:
    """Return the endpoints that locustfiles of this process have declared, each once."""
    return tuple(dict.fromkeys(_declared))


def declared_scenarios() -> tuple[str, ...]:
    """Return the scenarios that locustfiles of this process have declared; none where any name will do."""
    return tuple(dict.fromkeys(_declared_scenarios))


@dataclass
class EndpointCatalogue:
    """The declared endpoints, and the category of any name, declared or not."""

    endpoints: tuple[Endpoint, ...] = ()
    _categories: dict[str, str] = field(default_factory=dict)

    def declare(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = (*self.endpoints, *endpoints)
        self._categories.update({endpoint.name: endpoint.category for endpoint in endpoints if endpoint.category})

    def category(self, name: str) -> str:
        """Return the declared category, else the first segment after ``/api``: ``leads`` of ``/api/leads/{id}``."""
        declared = self._categories.get(name)
        if declared is not None:
            return declared
        if name == OVERFLOW_NAME:
            return "other"
        segments = [segment for segment in name.partition("?")[0].split("/") if segment]
        if segments and segments[0] == "api":
            segments = segments[1:]
        return segments[0][:40] if segments else "other"
