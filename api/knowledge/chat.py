"""Answers questions from the knowledge base; HTTP and WebSocket share it."""

import asyncio
import hashlib
import random
import uuid
from dataclasses import asdict, dataclass

import orjson

from api.cache import KEY_PREFIX, Cache
from api.database import Database
from api.errors import ConversationNotFoundError
from api.flags import Flags
from api.knowledge.search import Citation, find_citations
from api.limits import RateLimiter
from api.metrics import Metrics
from api.settings import Settings
from api.store import Store

CONVERSATION_SECONDS = 1800
SLOW_CHAT_SECONDS = 2.0
NOTHING_FOUND = "I could not find anything about that in the knowledge base."

# Keeps an answer, and notes it with each document that it cites.
_KEEP = """
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
for i = 2, #KEYS do redis.call('SADD', KEYS[i], KEYS[1]) redis.call('EXPIRE', KEYS[i], ARGV[2]) end
"""
_UNCITED = b"0"
_CITED = b"1"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: `body` is the inside of a JSON object with the members answer and citations."""

    conversation_id: str
    body: bytes
    cached: bool

    def to_json(self) -> bytes:
        """Return the answer of POST /api/chat."""
        cached = b"true" if self.cached else b"false"
        return b'{"conversation_id":"%s","cached":%s,%s}' % (self.conversation_id.encode(), cached, self.body)


class Chat:
    """Answers questions. A question that was asked before is answered from Redis."""

    def __init__(
        self,
        database: Database,
        store: Store,
        cache: Cache,
        limiter: RateLimiter,
        flags: Flags,
        metrics: Metrics,
        settings: Settings,
    ) -> None:
        self._database = database
        self._store = store
        self._cache = cache
        self._limiter = limiter
        self._flags = flags
        self._metrics = metrics
        self._rate_per_minute = settings.chat_rate_per_minute
        self._cache_seconds = settings.chat_cache_seconds
        self._under_way: dict[str, asyncio.Future[bytes]] = {}

    async def answer(self, user_id: int, message: str, conversation_id: str | None) -> Answer:
        """Answer one question.

        Raise RateLimitedError, ConversationNotFoundError for another user's conversation, and
        ServiceUnavailableError when Redis is away, or PostgreSQL for a question that is not cached.
        """
        context = "" if conversation_id is None else await self._previous_question(user_id, conversation_id)
        conversation_id = conversation_id or uuid.uuid4().hex
        key = _answer_key(message, context)
        count, kept, _ = await self._store.run_all(
            self._limiter.command("chat", str(user_id)),
            ("GET", key),
            ("SET", _conversation_key(conversation_id), f"{user_id}\n{message}", "EX", CONVERSATION_SECONDS),
        )
        self._limiter.judge(int(count), self._rate_per_minute)
        hit = kept is not None and not self._cache.is_cold()
        self._cache.count("chat", hit=hit)
        marked = kept if hit else await self._composed_once(key, message, context)
        return await self._with_faults(Answer(conversation_id, marked[1:], hit), cited=marked[:1] == _CITED)

    async def forget_document(self, document_id: int) -> None:
        """Drop the cached answers that cite a document, so that none cites what is gone."""
        index = _citing_key(document_id)
        keys = await self._store.run(("SMEMBERS", index))
        await self._store.run(("UNLINK", index, *keys))

    async def _previous_question(self, user_id: int, conversation_id: str) -> str:
        """Return the conversation's last question, "" when it is new or has lapsed."""
        kept = await self._store.run(("GET", _conversation_key(conversation_id)))
        if kept is None:
            return ""
        owner, _, question = kept.decode().partition("\n")
        if owner != str(user_id):
            raise ConversationNotFoundError(conversation_id)
        return str(question)

    async def _composed_once(self, key: str, message: str, context: str) -> bytes:
        """Let all that ask the same thing at the same moment wait for one search."""
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(self._compose_and_keep(key, message, context))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)

    async def _compose_and_keep(self, key: str, message: str, context: str) -> bytes:
        citations = await find_citations(self._database, message, context)
        marked = (_CITED if citations else _UNCITED) + _body(_compose(citations), citations)
        indexes = [_citing_key(citation.document_id) for citation in citations]
        await self._store.run(("EVAL", _KEEP, 1 + len(indexes), key, *indexes, marked, self._cache_seconds))
        return marked

    async def _with_faults(self, answer: Answer, *, cited: bool) -> Answer:
        """Apply slow-chat and drop-citations, and counts what the client will see."""
        if self._flags.active:
            slowness = self._flags.active.get("slow-chat", 0.0)
            if slowness:
                await asyncio.sleep(SLOW_CHAT_SECONDS * slowness * random.uniform(0.5, 1.0))  # noqa: S311 - a fault
            if cited and self._flags.strikes("drop-citations"):
                text = orjson.loads(b"{%s}" % answer.body)["answer"]
                answer, cited = Answer(answer.conversation_id, _body(text, []), answer.cached), False
        self._metrics.answers[cited].inc()
        return answer


def _compose(citations: list[Citation]) -> str:
    """Return a few sentences from the best citations."""
    if not citations:
        return NOTHING_FOUND
    first, *others = citations
    text = f"According to “{first.title}”: {first.snippet}"
    if others:
        text += " See also " + " and ".join(f"“{citation.title}”" for citation in others) + "."
    return text


def _body(text: str, citations: list[Citation]) -> bytes:
    return orjson.dumps({"answer": text, "citations": [asdict(citation) for citation in citations]})[1:-1]


def _answer_key(message: str, context: str) -> str:
    """Spelling that search does not tell apart shares a key."""
    normal = "\n".join(" ".join(text.casefold().split()) for text in (message, context))
    return f"{KEY_PREFIX}chat:{hashlib.sha256(normal.encode()).hexdigest()[:32]}"


def _conversation_key(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"


def _citing_key(document_id: int) -> str:
    return f"{KEY_PREFIX}citing:{document_id}"
