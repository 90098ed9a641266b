"""Questions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints

from api.web import NO_NUL, AnyUser, FaultyRoute, Json, errors, services

router = APIRouter(prefix="/api", tags=["chat"], route_class=FaultyRoute)

ConversationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]


class Question(BaseModel):
    """One question, in a conversation or the first of one."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=4000, pattern=NO_NUL)]
    conversation_id: ConversationId | None = None


class CitedDocument(BaseModel):
    """A document that supports the answer."""

    document_id: int
    title: str
    snippet: str
    score: float


class ChatAnswer(BaseModel):
    """The answer; without citations when the knowledge base holds nothing about it."""

    conversation_id: str
    answer: str
    citations: list[CitedDocument]
    cached: bool


@router.post("/chat", response_model=ChatAnswer, responses=errors(401, 404, 413, 429, 503))
async def chat(request: Request, user: AnyUser, question: Question) -> Json:
    """Answer from the knowledge base. 404 for another user's conversation."""
    answer = await services(request).chat.answer(user.user_id, question.message, question.conversation_id)
    return Json(answer.to_json())
