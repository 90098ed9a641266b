"""Feature flags: kept in Redis, with a local copy so that a request never waits for them."""

import asyncio
import logging
import random
from dataclasses import dataclass

import orjson

from api.errors import ServiceUnavailableError
from api.metrics import Metrics
from api.store import Store

REDIS_KEY = "feature-flags"
REFRESH_SECONDS = 1.0

DESCRIPTIONS = {
    "slow-chat": "Chat answers take up to 2 s longer, times the strength.",
    "error-rate": "The strength is the share of requests outside /api/admin that answer 500.",
    "drop-citations": "The strength is the share of chat answers that lose their citations.",
    "leak-memory": "Each request keeps 64 KiB of memory, times the strength, up to 1 GiB, until the flag is off.",
    "leak-connections": "Requests keep database connections, up to the strength's share of the pool but one.",
    "cold-cache": "The strength is the share of cache reads that count as a miss.",
    "tight-rate-limit": "Rate limits shrink by the strength, to one request a minute at 1.",
    "ws-stall": "The strength is the share of WebSocket answers that wait until the flag is off.",
}

log = logging.getLogger("api")


@dataclass(frozen=True, slots=True)
class Flag:
    """One fault that can be switched on; strength is 0 to 1."""

    id: str
    description: str
    enabled: bool = False
    strength: float = 1.0


class Flags:
    """All flags. `active` maps the enabled ones to their strength, and is empty in normal operation."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics
        self._flags = {name: Flag(name, text) for name, text in DESCRIPTIONS.items()}
        self.active: dict[str, float] = {}
        self._puts = 0
        self._changed = asyncio.Event()
        self._adopt(self._flags)

    def all(self) -> list[Flag]:
        """Return every flag, in a fixed order."""
        return list(self._flags.values())

    async def put(self, flag_id: str, *, enabled: bool, strength: float) -> Flag:
        """Store a flag, in force when this returns. Raise KeyError for an unknown one."""
        flag = Flag(flag_id, DESCRIPTIONS[flag_id], enabled, strength)
        value = orjson.dumps({"enabled": enabled, "strength": strength})
        await self._store.run(("HSET", REDIS_KEY, flag_id, value))
        self._puts += 1
        self._adopt({**self._flags, flag_id: flag})
        return flag

    def strikes(self, flag_id: str) -> bool:
        """Decide by chance, with the flag's strength as the probability; never while it is off."""
        strength = self.active.get(flag_id)
        return strength is not None and random.random() < strength  # noqa: S311 - a fault, not a secret

    async def refresh(self) -> None:
        """Read all flags from Redis once."""
        puts = self._puts
        replies = await self._store.run(("HGETALL", REDIS_KEY))
        kept = {name.decode(): value for name, value in replies.items()}
        if puts == self._puts:  # else the reply may be older than a flag that was put meanwhile
            self._adopt({name: _parsed(name, kept.get(name)) for name in DESCRIPTIONS})

    async def keep_fresh(self) -> None:
        """Refresh for ever; while Redis is away the last known flags stay in force."""
        while True:
            try:
                await self.refresh()
            except ServiceUnavailableError:
                log.debug("feature flags: Redis is away, keeping the last known ones")
            await asyncio.sleep(REFRESH_SECONDS)

    async def wait_until_off(self, flag_id: str) -> None:
        """Return as soon as the flag is not enabled."""
        while flag_id in self.active:
            await self._changed.wait()

    def _adopt(self, flags: dict[str, Flag]) -> None:
        active = {name: flag.strength for name, flag in flags.items() if flag.enabled and flag.strength > 0}
        for name in flags:
            self._metrics.flag_strength.labels(name).set(active.get(name, 0.0))
        self._flags = flags
        if active != self.active:
            self.active = active
            self._changed.set()
            self._changed = asyncio.Event()


def _parsed(flag_id: str, value: bytes | None) -> Flag:
    """Return the flag as kept in Redis, or its default when there is none."""
    if value is None:
        return Flag(flag_id, DESCRIPTIONS[flag_id])
    kept = orjson.loads(value)
    return Flag(flag_id, DESCRIPTIONS[flag_id], bool(kept["enabled"]), float(kept["strength"]))
