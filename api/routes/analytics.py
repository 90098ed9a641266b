"""Analytics: expensive aggregates, read through the cache."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from api.cache import Entry
from api.crm.analytics import funnel_body, performance_body, revenue_body
from api.database import Database
from api.web import AnyUser, FaultyRoute, Json, errors, services

router = APIRouter(prefix="/api/analytics", tags=["crm"], route_class=FaultyRoute)

Days = Annotated[int, Query(ge=1, le=3650, description="The period: this many days up to now.")]


class MonthlyRevenue(BaseModel):
    """An industry's invoices of one month."""

    month: str
    industry: str
    invoices: int
    amount: float
    unpaid: float
    running_amount: float


class Revenue(BaseModel):
    """Invoices by month and industry."""

    days: int
    total: float
    items: list[MonthlyRevenue]


class FunnelStage(BaseModel):
    """The leads of one status."""

    status: str
    leads: int
    value: float
    median_value: float
    average_age_seconds: float


class Funnel(BaseModel):
    """How far leads have come."""

    days: int
    leads: int
    conversion_ratio: float
    items: list[FunnelStage]


class CustomerPerformance(BaseModel):
    """What a customer's projects brought in."""

    customer_id: int
    customer: str
    industry: str
    projects: int
    overdue: int
    revenue: float
    rank: int


class Performance(BaseModel):
    """The best customers."""

    days: int
    items: list[CustomerPerformance]


@router.get("/revenue", response_model=Revenue, responses=errors(401, 503))
async def revenue(request: Request, _user: AnyUser, days: Days = 365) -> Json:
    """Invoices by month and industry, with running sums."""
    return await _aggregated(request, "revenue", revenue_body, days)


@router.get("/funnel", response_model=Funnel, responses=errors(401, 503))
async def funnel(request: Request, _user: AnyUser, days: Days = 365) -> Json:
    """Lead, values and conversion by status."""
    return await _aggregated(request, "funnel", funnel_body, days)


@router.get("/performance", response_model=Performance, responses=errors(401, 503))
async def performance(request: Request, _user: AnyUser, days: Days = 365) -> Json:
    """Return customers by revenue."""
    return await _aggregated(request, "performance", performance_body, days)


async def _aggregated(
    request: Request, name: str, compute: Callable[[Database, int], Awaitable[bytes]], days: int
) -> Json:
    parts = services(request)
    entry = Entry("analytics", f"analytics:{name}:{days}", parts.settings.analytics_cache_seconds)
    return Json(await parts.cache.body(entry, lambda: compute(parts.database, days)))
