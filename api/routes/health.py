"""Health for people, for supervisors and for Prometheus."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from api.errors import ServiceUnavailableError
from api.web import Json, PlainRoute, services, to_json

router = APIRouter(tags=["health"], route_class=PlainRoute)

_OK = b'{"status":"ok"}'


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"]


class ComponentHealth(BaseModel):
    """Whether the database or the cache answers, and how fast."""

    status: Literal["ok", "unavailable"]
    latency_ms: float | None


class Components(BaseModel):
    """What the API stands on."""

    database: ComponentHealth
    cache: ComponentHealth


class DetailedHealth(BaseModel):
    """The process and what it stands on."""

    status: Literal["ok", "degraded"]
    components: Components


@router.get("/health", response_model=Health)
async def health() -> Json:
    """Say that the process answers."""
    return Json(_OK)


@router.get("/health/live", response_model=Health)
async def live() -> Json:
    """As /health, but not counted in the metrics: for supervisors."""
    return Json(_OK)


@router.get(
    "/health/detailed",
    response_model=DetailedHealth,
    responses={503: {"model": DetailedHealth, "description": "The database or the cache is away."}},
)
async def detailed(request: Request) -> Json:
    """Ask the database and the cache, and say which is away."""
    parts = services(request)
    database, cache = await asyncio.gather(
        _measured(parts.database.fetchval("SELECT 1")), _measured(parts.store.run(("PING",)))
    )
    ok = database["status"] == cache["status"] == "ok"
    body = {"status": "ok" if ok else "degraded", "components": {"database": database, "cache": cache}}
    return to_json(body, 200 if ok else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus' format."}},
)
async def metrics(request: Request) -> Response:
    """Return the API's own metrics; reading them is not counted."""
    return Response(services(request).metrics.render(), media_type=CONTENT_TYPE_LATEST)


async def _measured(question: Awaitable[object]) -> dict[str, object]:
    started = time.perf_counter()
    try:
        await question
    except ServiceUnavailableError:
        return {"status": "unavailable", "latency_ms": None}
    return {"status": "ok", "latency_ms": round((time.perf_counter() - started) * 1000, 3)}
