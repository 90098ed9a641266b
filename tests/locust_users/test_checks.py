"""What counts as a right answer."""

from __future__ import annotations

from typing import Any

import pytest

from swarmscope import ValidationFailure
from users import checks

CITATION = {"document_id": 1, "title": "t", "snippet": "s", "score": 0.5}
CHAT = {"conversation_id": "c", "answer": "yes", "citations": [CITATION], "cached": False}
TOKENS = {"access_token": "a", "refresh_token": "r", "token_type": "bearer", "expires_in": 900}
LEAD = {"id": 3, "name": "n", "status": "new"}


@pytest.mark.parametrize(
    ("check", "body", "result"),
    [
        (checks.tokens, TOKENS, checks.Tokens("a", "r", 900.0)),
        (checks.chat_answer_in(None), CHAT, checks.ChatAnswer("c", 1)),
        (checks.chat_answer_in("c"), CHAT | {"citations": []}, checks.ChatAnswer("c", 0)),
        (checks.page(2, status="new"), {"items": [LEAD], "total": 1}, checks.Page([LEAD], 1)),
        (checks.entity(id=3), LEAD, LEAD),
        (checks.nothing, None, True),
        (checks.metrics_text, "# TYPE x counter\n", True),
    ],
)
def test_a_right_answer_gives_what_the_user_goes_on_with(check: checks.Check, body: Any, result: Any) -> None:
    assert check(body) == result


@pytest.mark.parametrize(
    ("check", "body", "message"),
    [
        (checks.tokens, TOKENS | {"token_type": "mac"}, "login: token_type is not bearer"),
        (checks.tokens, TOKENS | {"access_token": ""}, "login: an empty token"),
        (checks.chat_answer_in(None), CHAT | {"answer": " "}, "chat: empty answer"),
        (checks.chat_answer_in("d"), CHAT, "chat: answered in another conversation"),
        (checks.chat_answer_in(None), CHAT | {"citations": None}, "answer: citations is not a list"),
        (
            checks.chat_answer_in(None),
            CHAT | {"citations": [CITATION | {"title": ""}]},
            "answer: a citation without a document",
        ),
        (checks.profile_of("me@x"), {"email": "you@x", "role": "admin"}, "profile: of another account"),
        (checks.health, {"status": "degraded"}, "health: status is not ok"),
        (checks.page(1), {"items": [LEAD, LEAD], "total": 2}, "list: more items than asked for"),
        (
            checks.page(5, status="won"),
            {"items": [LEAD], "total": 1},
            "list: an item with another status than asked",
        ),
        (checks.page(5), {"items": [], "total": -1}, "list: total is not a count"),
        (checks.entity(id=4), LEAD, "object: another id than expected"),
        (checks.mapping_with("hits"), {"misses": 1}, "object: no hits"),
        (checks.mapping_with(), {}, "object: empty or no object"),
        (checks.document("t", 5), {"title": "t", "size_bytes": 6, "chunks": 1}, "document: another size than uploaded"),
        (checks.flags, {"items": []}, "feature flags: none"),
        (checks.nothing, {}, "a body where none is expected"),
        (checks.metrics_text, "hello", "metrics: no # TYPE line"),
    ],
)
def test_a_wrong_answer_is_a_failure_that_says_what_is_wrong(check: checks.Check, body: Any, message: str) -> None:
    with pytest.raises(ValidationFailure) as raised:
        check(body)
    assert str(raised.value) == message
