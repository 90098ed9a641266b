"""Projects, read only."""

from typing import Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

from api.cache import Entry
from api.crm.projects import list_body, project_body
from api.web import AnyUser, FaultyRoute, Id, Json, Limit, Offset, errors, services

router = APIRouter(prefix="/api/projects", tags=["crm"], route_class=FaultyRoute)

ProjectStatus = Literal["planned", "active", "on_hold", "done"]


class ProjectSummary(BaseModel):
    """A project in a list."""

    id: int
    name: str
    status: ProjectStatus
    customer_id: int
    customer: str
    budget: float
    progress_percent: int
    starts_on: str
    due_on: str


class Project(ProjectSummary):
    """A project with the sum of its invoices."""

    invoiced: float


class ProjectPage(BaseModel):
    """A page of projects; at most API_LIST_CACHE_SECONDS old."""

    items: list[ProjectSummary]
    total: int
    limit: int
    offset: int


@router.get("", response_model=ProjectPage, responses=errors(401, 503))
async def list_page(
    request: Request, _user: AnyUser, status: ProjectStatus | None = None, limit: Limit = 20, offset: Offset = 0
) -> Json:
    """List projects, those due first at the top."""
    parts = services(request)
    entry = Entry("projects", f"projects:{status}:{limit}:{offset}", parts.settings.list_cache_seconds)
    return Json(await parts.cache.body(entry, lambda: list_body(parts.database, status, limit, offset)))


@router.get("/{project_id}", response_model=Project, responses=errors(401, 404, 503))
async def read(request: Request, _user: AnyUser, project_id: Id) -> Json:
    """Return one project."""
    body = await project_body(services(request).database, project_id)
    if body is None:
        raise HTTPException(404, f"there is no project {project_id}")
    return Json(body)
