"""What a right answer looks like; a 200 with a wrong body is a failure.

Each check takes the decoded JSON body and returns what the user goes on with. It raises `ValidationFailure` with a
text that never contains data, because Locust groups failures by their text. A body without an expected field may
raise KeyError, TypeError or the like: the caller turns them into a `ValidationFailure` too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from swarmscope import ValidationFailure

Check = Callable[[Any], Any]


@dataclass(frozen=True)
class Tokens:
    """What a login answers with."""

    access: str
    refresh: str
    lifetime_seconds: float


@dataclass(frozen=True)
class ChatAnswer:
    """A chat answer, as far as users care."""

    conversation_id: str
    citations: int


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    items: list[dict[str, Any]]
    total: int


def require(condition: object, text: str) -> None:
    """Raise `ValidationFailure` unless the condition holds."""
    if not condition:
        raise ValidationFailure(text)


def tokens(body: Any) -> Tokens:
    require(body["token_type"].lower() == "bearer", "login: token_type is not bearer")
    require(body["access_token"] and body["refresh_token"], "login: an empty token")
    require(body["expires_in"] > 0, "login: expires_in is not positive")
    return Tokens(body["access_token"], body["refresh_token"], float(body["expires_in"]))


def profile_of(email: str) -> Check:
    """Return the profile of the account with that address, and of no other."""

    def check(body: Any) -> dict[str, Any]:
        require(body["email"] == email, "profile: of another account")
        require(body["role"] in {"regular", "power", "admin"}, "profile: unknown role")
        return dict(body)

    return check


def health(body: Any) -> str:
    require(body["status"] == "ok", "health: status is not ok")
    return "ok"


def health_detailed(body: Any) -> dict[str, Any]:
    require(body["status"] == "ok", "health: status is not ok")
    for component in ("database", "cache"):
        require(body["components"][component]["status"] == "ok", f"health: {component} is not ok")
    return dict(body["components"])


def citation_count(body: Any) -> int:
    """Return the number of citations of a chat or WebSocket answer; each must name a document."""
    citations = body["citations"]
    require(isinstance(citations, list), "answer: citations is not a list")
    for citation in citations:
        require(citation["document_id"] and citation["title"], "answer: a citation without a document")
    return len(citations)


def chat_answer_in(conversation_id: str | None) -> Check:
    """Return a chat answer; in that conversation, or in a new one for None."""

    def check(body: Any) -> ChatAnswer:
        require(body["answer"].strip(), "chat: empty answer")
        require(body["conversation_id"], "chat: no conversation_id")
        require(conversation_id in {None, body["conversation_id"]}, "chat: answered in another conversation")
        require(isinstance(body["cached"], bool), "chat: cached is not a boolean")
        return ChatAnswer(body["conversation_id"], citation_count(body))

    return check


def document(title: str | None = None, size_bytes: int | None = None) -> Check:
    """Return a document of the knowledge base; of that title and size, where they are known."""

    def check(body: Any) -> str:
        require(title is None or body["title"] == title, "document: another title than uploaded")
        require(size_bytes is None or body["size_bytes"] == size_bytes, "document: another size than uploaded")
        require(body["chunks"] >= 1, "document: no chunks")
        return str(body["id"])

    return check


def page(limit: int, **wanted: object) -> Check:
    """Return a page of at most ``limit`` items, all of them with the ``wanted`` values."""

    def check(body: Any) -> Page:
        items = body["items"]
        require(isinstance(items, list) and len(items) <= limit, "list: more items than asked for")
        # Not compared with the items: both are counted one after the other, and others delete meanwhile.
        require(isinstance(body["total"], int) and body["total"] >= 0, "list: total is not a count")
        for field, value in wanted.items():
            require(all(item[field] == value for item in items), f"list: an item with another {field} than asked")
        return Page(items, body["total"])

    return check


def entity(**wanted: object) -> Check:
    """Return an object with an id and the ``wanted`` values."""

    def check(body: Any) -> dict[str, Any]:
        require(body["id"], "object: no id")
        for field, value in wanted.items():
            require(body[field] == value, f"object: another {field} than expected")
        return dict(body)

    return check


def mapping_with(*fields: str) -> Check:
    """Return an object that has these fields, or any field when none is given."""

    def check(body: Any) -> dict[str, Any]:
        require(isinstance(body, dict) and body, "object: empty or no object")
        for field in fields:
            require(field in body, f"object: no {field}")
        return dict(body)

    return check


def flags(body: Any) -> list[dict[str, Any]]:
    items: Collection[dict[str, Any]] = body["items"]
    require(items, "feature flags: none")
    for item in items:
        require(item["id"] and 0 <= item["strength"] <= 1, "feature flags: an invalid one")
    return list(items)


def nothing(body: Any) -> bool:
    """No body, as a 204 has."""
    require(body is None, "a body where none is expected")
    return True


def metrics_text(body: str) -> bool:
    """Something in Prometheus' text format."""
    require("# TYPE " in body, "metrics: no # TYPE line")
    return True
