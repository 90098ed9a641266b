"""The sales dashboard, always read through the cache."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from api.cache import Entry
from api.crm.overview import overview_body, totals_body
from api.web import AnyUser, FaultyRoute, Json, errors, services

router = APIRouter(prefix="/api/dashboard", tags=["crm"], route_class=FaultyRoute)


class RecentLead(BaseModel):
    """One of the newest leads."""

    id: int
    name: str
    company: str
    status: str
    value: float


class DueProject(BaseModel):
    """One of the active projects that are due next."""

    id: int
    name: str
    customer: str
    due_on: str
    progress_percent: int


class Dashboard(BaseModel):
    """The start page; at most API_DASHBOARD_CACHE_SECONDS old."""

    leads_by_status: dict[str, int]
    projects_by_status: dict[str, int]
    recent_leads: list[RecentLead]
    due_projects: list[DueProject]


class DashboardMetrics(BaseModel):
    """The key figures; at most API_DASHBOARD_CACHE_SECONDS old."""

    leads: int
    customers: int
    projects: int
    pipeline_value: float
    won_value: float
    conversion_ratio: float
    revenue_30_days: float


@router.get("", response_model=Dashboard, responses=errors(401, 503))
async def dashboard(request: Request, _user: AnyUser) -> Json:
    """Lead and projects at a glance."""
    parts = services(request)
    entry = Entry("dashboard", "dashboard", parts.settings.dashboard_cache_seconds)
    return Json(await parts.cache.body(entry, lambda: overview_body(parts.database)))


@router.get("/metrics", response_model=DashboardMetrics, responses=errors(401, 503))
async def metrics(request: Request, _user: AnyUser) -> Json:
    """Return the key figures."""
    parts = services(request)
    entry = Entry("dashboard", "dashboard:metrics", parts.settings.dashboard_cache_seconds)
    return Json(await parts.cache.body(entry, lambda: totals_body(parts.database)))
