"""Redis behind one method: what is asked for at the same moment travels together, and one error says it is away."""

import asyncio
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from api.errors import OutageLog

Argument = str | bytes | int | float
Command = tuple[Argument, ...]

AWAY = (RedisError, OSError, TimeoutError)
_BATCH_COMMANDS = 200


def open_redis(url: str, *, timeout_seconds: float) -> Redis:
    """Return a client that connects when first used. Raise ValueError when the URL is not one of Redis."""
    return Redis.from_url(
        url,
        socket_timeout=timeout_seconds,
        socket_connect_timeout=timeout_seconds,
        # One more try, at once, for a connection that Redis closed while it was idle; none after a timeout.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """Commands of one caller, and where their replies go."""

    commands: tuple[Command, ...]
    replies: asyncio.Future[list[Any]]


class Store:
    """Runs commands. Raises ServiceUnavailableError within about one timeout when Redis is away.

    A command of its own costs redis-py about 90 µs of this process, nearly all of it per call, not per command. So
    one pipeline is under way at a time, and what is asked for meanwhile goes out with the next one.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._asked: list[_Asked] = []
        self._sending: asyncio.Task[None] | None = None
        self._outages = OutageLog("cache")

    async def run(self, command: Command) -> Any:
        """Return the reply to one command."""
        return (await self.run_all(command))[0]

    async def run_all(self, *commands: Command) -> list[Any]:
        """Return the replies to several commands, in their order; not a transaction."""
        asked = _Asked(commands, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._sending is None:
            self._sending = asyncio.create_task(self._send_all())
        replies = await asked.replies
        for reply in replies:
            if isinstance(reply, RedisError):
                raise self._outages.unavailable(reply)
        return replies

    async def close(self) -> None:
        """Close every connection."""
        if self._sending is not None:
            self._sending.cancel()
        await self._redis.aclose()

    async def _send_all(self) -> None:
        try:
            while self._asked:
                batch, self._asked = self._asked[:_BATCH_COMMANDS], self._asked[_BATCH_COMMANDS:]
                try:
                    await self._send(batch)
                except AWAY as error:
                    # What was asked for meanwhile waits on the same server: failing it too keeps the wait bounded.
                    batch += self._asked
                    self._asked = []
                    self._fail(batch, error)
        finally:
            self._sending = None

    async def _send(self, batch: list[_Asked]) -> None:
        pipeline = self._redis.pipeline(transaction=False)
        for asked in batch:
            for command in asked.commands:
                pipeline.execute_command(*command)
        replies = await pipeline.execute(raise_on_error=False)
        start = 0
        for asked in batch:
            end = start + len(asked.commands)
            if not asked.replies.done():  # its caller may have been cancelled
                asked.replies.set_result(replies[start:end])
            start = end

    def _fail(self, batch: list[_Asked], cause: Exception) -> None:
        for asked in batch:
            if not asked.replies.done():
                asked.replies.set_exception(self._outages.unavailable(cause))
