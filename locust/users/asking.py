"""Asking the voice assistant over HTTP."""

from __future__ import annotations

from testdata.queries import CONVERSATIONS, Level, pick_query
from users import checks
from users.api_user import ApiUser
from users.endpoints import CHAT
from users.metrics import record_answer


def ask_question(user: ApiUser, text: str, conversation_id: str | None = None) -> checks.ChatAnswer | None:
    """Ask once, and count the citations of the answer; None when it failed."""
    body = {"message": text} if conversation_id is None else {"message": text, "conversation_id": conversation_id}
    answer: checks.ChatAnswer | None = user.ask(CHAT, checks.chat_answer_in(conversation_id), body=body)
    if answer is not None:
        record_answer(answer.citations)
    return answer


def ask_something(user: ApiUser, level: Level) -> checks.ChatAnswer | None:
    """Ask a question of that level, a popular one more often."""
    return ask_question(user, pick_query(level, user.rng))


def converse(user: ApiUser) -> bool:
    """Ask the questions of a conversation in turn, pausing in between; False when one failed, which ends it."""
    conversation_id = None
    for number, text in enumerate(user.rng.choice(CONVERSATIONS).turns):
        if number:
            user.pause()
        answer = ask_question(user, text, conversation_id)
        if answer is None:
            return False
        conversation_id = answer.conversation_id
    return True
