"""How the API knows its callers: the security schemes of an OpenAPI document, and the variables that hold the keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from swarmscope.project.env_file import SECRETS
from swarmscope.starter.openapi.document import Document
from swarmscope.starter.openapi.names import snake_case, unique

Kind = Literal["bearer", "basic", "header", "cookie", "query"]
_PLACES: tuple[Kind, ...] = ("header", "cookie", "query")


@dataclass(frozen=True)
class Scheme:
    """``variable`` is the environment variable with the key; ``name`` the header, cookie or parameter it goes into."""

    kind: Kind
    variable: str
    name: str = ""


def schemes_of(document: Document) -> dict[str, Scheme]:
    """Return the schemes that a load test can follow, by their names in the document."""
    components = document.table(document.root.get("components"))
    found: dict[str, Scheme] = {}
    taken = set(SECRETS)  # what a locustfile never sees
    for key, node in document.table(components.get("securitySchemes")).items():
        kind = _kind_of(document.table(node))
        if kind is not None:
            variable = unique(_variable(key), taken)
            found[key] = Scheme(kind, variable, str(document.table(node).get("name", "")))
    return found


def _kind_of(scheme: Mapping[str, Any]) -> Kind | None:
    """Return None for client certificates, and for what the specification does not know."""
    kind, place = scheme.get("type"), scheme.get("in")
    if kind == "http" and str(scheme.get("scheme")).lower() == "basic":
        return "basic"
    if kind in ("http", "oauth2", "openIdConnect"):
        return "bearer"
    return next((each for each in _PLACES if kind == "apiKey" and place == each), None)


def _variable(key: str) -> str:
    name = snake_case(key.replace("OAuth", "Oauth")).upper() or "KEY"
    return name if name.startswith("API_") else f"API_{name}"
