"""What administrators see and switch: the dashboard, the cache, the feature flags."""

import time
from dataclasses import asdict
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Path, Request
from pydantic import BaseModel, Field

from api.cache import Entry
from api.database import Database
from api.flags import DESCRIPTIONS
from api.routes.caches import CacheStatistics, cache_statistics
from api.web import Admin, Json, PlainRoute, errors, services, to_json

router = APIRouter(prefix="/api/admin", tags=["admin"], route_class=PlainRoute)

_DASHBOARD_CACHE_SECONDS = 5
_COUNTS = """
SELECT (SELECT count(*) FROM documents) AS documents,
       (SELECT count(*) FROM document_chunks) AS chunks,
       (SELECT coalesce(sum(size_bytes), 0)::bigint FROM documents) AS document_bytes,
       (SELECT json_object_agg(role, number)
        FROM (SELECT role, count(*) AS number FROM users GROUP BY role) AS by_role) AS users
"""

FlagId = Literal[
    "slow-chat",
    "error-rate",
    "drop-citations",
    "leak-memory",
    "leak-connections",
    "cold-cache",
    "tight-rate-limit",
    "ws-stall",
]


class KnowledgeBase(BaseModel):
    """How much there is to search."""

    documents: int
    chunks: int
    bytes: int


class AdminDashboard(BaseModel):
    """The system at a glance."""

    users: dict[str, int]
    knowledge_base: KnowledgeBase
    uptime_seconds: float


class Cleared(BaseModel):
    """How many cached answers were dropped."""

    cleared: int


class FlagSetting(BaseModel):
    """What to set a flag to; strength is 0 to 1."""

    enabled: bool
    strength: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0


class FlagState(FlagSetting):
    """A flag as it is."""

    id: FlagId
    description: str


class FlagList(BaseModel):
    """Every flag there is."""

    items: list[FlagState]


@router.get("/dashboard", response_model=AdminDashboard, responses=errors(401, 403, 503))
async def dashboard(request: Request, _user: Admin) -> Json:
    """Users, documents, uptime."""
    parts = services(request)
    body = await parts.cache.body(
        Entry("admin", "admin:dashboard", _DASHBOARD_CACHE_SECONDS), lambda: _counts(parts.database, parts.started_at)
    )
    return Json(body)


@router.get("/cache/stats", response_model=CacheStatistics, responses=errors(401, 403, 503))
async def cache_stats(request: Request, _user: Admin) -> Json:
    """Hits and misses since the API's start."""
    return to_json(await cache_statistics(services(request)))


@router.post("/cache/clear", response_model=Cleared, responses=errors(401, 403, 503))
async def cache_clear(request: Request, _user: Admin) -> Json:
    """Drop every cached answer; sessions and flags stay."""
    return to_json({"cleared": await services(request).cache.clear()})


@router.get("/feature-flags", response_model=FlagList, responses=errors(401, 403))
async def list_flags(request: Request, _user: Admin) -> Json:
    """Return every flag with its state."""
    return to_json({"items": [asdict(flag) for flag in services(request).flags.all()]})


@router.put("/feature-flags/{flag_id}", response_model=FlagState, responses=errors(401, 403, 413, 503))
async def put_flag(
    request: Request,
    _user: Admin,
    flag_id: Annotated[FlagId, Path(description=" ".join(f"{name}: {text}" for name, text in DESCRIPTIONS.items()))],
    setting: FlagSetting,
) -> Json:
    """Switch a fault on or off, at once; off also gives back what it held."""
    parts = services(request)
    flag = await parts.flags.put(flag_id, enabled=setting.enabled, strength=setting.strength)
    await parts.faults.release()
    return to_json(asdict(flag))


async def _counts(database: Database, started_at: float) -> bytes:
    counts = await database.fetchone(_COUNTS)
    return orjson.dumps(
        {
            "users": orjson.loads(counts["users"] or "{}"),
            "knowledge_base": {
                "documents": counts["documents"],
                "chunks": counts["chunks"],
                "bytes": counts["document_bytes"],
            },
            "uptime_seconds": round(time.time() - started_at, 1),
        }
    )
