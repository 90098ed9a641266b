"""Answers kept in Redis: one round trip a read, one computation for many waiters, hits and misses counted."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from api.errors import ServiceUnavailableError
from api.flags import Flags
from api.metrics import Metrics
from api.store import Store

KEY_PREFIX = "cache:"
_SEPARATOR = b"\n"


@dataclass(frozen=True, slots=True)
class Entry:
    """Where an answer is kept and for how long. `generation` names a counter whose increase makes it stale."""

    cache: str
    key: str
    ttl_seconds: int
    generation: str | None = None


class Cache:
    """Cached bodies of answers, as the bytes that go out."""

    def __init__(self, store: Store, metrics: Metrics, flags: Flags) -> None:
        self._store = store
        self._metrics = metrics
        self._flags = flags
        self._under_way: dict[bytes, asyncio.Future[bytes]] = {}

    async def body(self, entry: Entry, compute: Callable[[], Awaitable[bytes]], *, fresh: bool = False) -> bytes:
        """Return the kept body, or what `compute` returns.

        With `fresh` it is computed in any case, and counted as a miss.
        """
        generation, kept = await self._read(entry)
        hit = kept is not None and not fresh and not self.is_cold()
        self._metrics.count_cache(entry.cache, hit=hit)
        if hit and kept is not None:
            return kept
        if fresh:
            return await compute()
        return await self._computed_once(entry, generation, compute)

    async def keep(self, entry: Entry, generation: bytes, body: bytes) -> None:
        """Keep a body under the generation that was read before it was computed: an older one is never served."""
        value = generation + _SEPARATOR + body if entry.generation else body
        await self._store.run(("SET", KEY_PREFIX + entry.key, value, "EX", entry.ttl_seconds))

    def is_cold(self) -> bool:
        """Return whether the cold-cache fault makes this read a miss."""
        return self._flags.strikes("cold-cache")

    def count(self, cache: str, *, hit: bool) -> None:
        """Count a read that was made elsewhere, in a round trip of its own."""
        self._metrics.count_cache(cache, hit=hit)

    async def clear(self) -> int:
        """Drop every cached answer; sessions, limits and flags stay. Return how many there were."""
        cleared, cursor = 0, b"0"
        while True:
            cursor, keys = await self._store.run(("SCAN", cursor, "MATCH", KEY_PREFIX + "*", "COUNT", 1000))
            if keys:
                cleared += int(await self._store.run(("UNLINK", *keys)))
            if int(cursor) == 0:
                return cleared

    async def _read(self, entry: Entry) -> tuple[bytes, bytes | None]:
        if entry.generation is None:
            return b"", await self._store.run(("GET", KEY_PREFIX + entry.key))
        generation, value = await self._store.run(("MGET", entry.generation, KEY_PREFIX + entry.key))
        generation = generation or b"0"
        if value is None:
            return generation, None
        kept_generation, _, body = value.partition(_SEPARATOR)
        return generation, body if kept_generation == generation else None

    async def _computed_once(self, entry: Entry, generation: bytes, compute: Callable[[], Awaitable[bytes]]) -> bytes:
        """Let all that miss at the same moment wait for one computation."""
        flight = entry.key.encode() + _SEPARATOR + generation
        task = self._under_way.get(flight)
        if task is None:
            task = asyncio.ensure_future(self._compute_and_keep(entry, generation, compute))
            self._under_way[flight] = task
            task.add_done_callback(lambda _: self._under_way.pop(flight, None))
        return await asyncio.shield(task)

    async def _compute_and_keep(
        self, entry: Entry, generation: bytes, compute: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        body = await compute()
        await self.keep(entry, generation, body)
        return body


class Generation:
    """A counter in Redis that makes lists stale after writes, increased at most once in `staleness_seconds`.

    Under a steady stream of writes an increase for each would leave nothing to hit. So others may see a list from
    before a write for that long, while the writer reads past the cache until the increase has been made.
    """

    def __init__(self, store: Store, name: str, *, staleness_seconds: float) -> None:
        self.key = f"generation:{name}"
        self._store = store
        self._staleness_seconds = staleness_seconds
        self._writers: set[int] = set()
        self._published: set[int] = set()
        self._increase: asyncio.Task[None] | None = None
        self._increased_at = float("-inf")

    def wrote(self, user_id: int) -> None:
        """Note a write that has been committed."""
        self._writers.add(user_id)
        if self._increase is None:
            self._increase = asyncio.create_task(self._increase_when_due())

    def wrote_lately(self, user_id: int) -> bool:
        """Return whether this user's own write may still be missing from kept lists."""
        return user_id in self._writers or user_id in self._published

    async def close(self) -> None:
        """Give up an increase that is still waiting; the lists' time to live bounds the harm."""
        if self._increase is not None:
            self._increase.cancel()

    async def _increase_when_due(self) -> None:
        now = asyncio.get_running_loop().time
        try:
            while self._writers:
                await asyncio.sleep(max(0.0, self._increased_at + self._staleness_seconds - now()))
                self._published |= self._writers
                self._writers = set()
                await self._increase_until_done()
                self._increased_at = now()
                self._published = set()
        finally:
            self._increase = None

    async def _increase_until_done(self) -> None:
        while True:
            try:
                await self._store.run(("INCR", self.key))
            except ServiceUnavailableError:
                await asyncio.sleep(self._staleness_seconds)
            else:
                return
