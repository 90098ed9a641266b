"""Everything a request may use, opened once and handed to the application."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.cache import Cache, Generation
from api.database import Database
from api.faults import Faults
from api.flags import Flags
from api.hub import ConnectionHub
from api.knowledge.chat import Chat
from api.limits import RateLimiter
from api.metrics import Metrics
from api.security import AccessTokens, Passwords, RefreshTokens
from api.settings import Settings
from api.store import Store

if TYPE_CHECKING:
    from api.tracing import Tracing


@dataclass(frozen=True)
class Services:
    """The parts of one API process."""

    settings: Settings
    database: Database
    store: Store
    metrics: Metrics
    flags: Flags
    faults: Faults
    cache: Cache
    leads_generation: Generation
    limiter: RateLimiter
    passwords: Passwords
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    chat: Chat
    hub: ConnectionHub
    tracing: "Tracing | None" = None
    started_at: float = field(default_factory=time.time)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Keep the background tasks running, and close everything at the end."""
        tasks = [asyncio.create_task(self.flags.keep_fresh()), asyncio.create_task(self.faults.release_when_off())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await self.leads_generation.close()
            self.passwords.close()
            await self.store.close()
            await self.database.close()


def build_services(settings: Settings, database: Database, store: Store, tracing: "Tracing | None" = None) -> Services:
    """Put the parts together; open nothing."""
    metrics = Metrics()
    metrics.watch_pool(lambda: database.used_connections, lambda: database.idle_connections, database.max_connections)
    flags = Flags(store, metrics)
    cache = Cache(store, metrics, flags)
    limiter = RateLimiter(store, flags)
    return Services(
        settings=settings,
        database=database,
        store=store,
        metrics=metrics,
        flags=flags,
        faults=Faults(flags, database),
        cache=cache,
        leads_generation=Generation(store, "leads", staleness_seconds=settings.list_staleness_seconds),
        limiter=limiter,
        passwords=Passwords(
            time_cost=settings.password_hash_time_cost,
            memory_kib=settings.password_hash_memory_kib,
            parallelism=settings.password_hash_parallelism,
        ),
        access_tokens=AccessTokens(
            settings.jwt_secret.get_secret_value(), lifetime_seconds=settings.access_token_seconds
        ),
        refresh_tokens=RefreshTokens(store, lifetime_seconds=settings.refresh_token_seconds),
        chat=Chat(database, store, cache, limiter, flags, metrics, settings),
        hub=ConnectionHub(metrics),
        tracing=tracing,
    )
