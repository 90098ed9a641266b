"""How the cache is doing."""

import time
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.services import Services
from api.web import AnyUser, FaultyRoute, Json, errors, services, to_json

router = APIRouter(prefix="/api/cache", tags=["cache"], route_class=FaultyRoute)


class CacheStatistics(BaseModel):
    """Reads since the API's start. `keys` counts everything in Redis, sessions and limits included."""

    hits: int
    misses: int
    hit_ratio: float
    keys: int


class CacheHealth(BaseModel):
    """Redis answers, after `latency_ms` milliseconds."""

    status: Literal["ok"]
    latency_ms: float


@router.get("/stats", response_model=CacheStatistics, responses=errors(401, 503))
async def stats(request: Request, _user: AnyUser) -> Json:
    """Hits and misses since the API's start."""
    return to_json(await cache_statistics(services(request)))


@router.get("/health", response_model=CacheHealth, responses=errors(401, 503))
async def health(request: Request, _user: AnyUser) -> Json:
    """Ask Redis. 503 when it is away."""
    started = time.perf_counter()
    await services(request).store.run(("PING",))
    return to_json({"status": "ok", "latency_ms": round((time.perf_counter() - started) * 1000, 3)})


async def cache_statistics(parts: Services) -> dict[str, object]:
    """Return the body of both statistics routes."""
    hits, misses = parts.metrics.cache_hits, parts.metrics.cache_misses
    keys = await parts.store.run(("DBSIZE",))
    return {"hits": hits, "misses": misses, "hit_ratio": hits / (hits + misses) if hits + misses else 0.0, "keys": keys}
