"""Leads: create, read, change, delete, list."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from api.cache import Entry
from api.crm.leads import TOTAL_MAX, LeadFields, LeadFilter, create_lead, delete_lead, list_body, read_lead, update_lead
from api.web import NO_NUL, AnyUser, Email, FaultyRoute, Id, Json, Limit, Offset, ShortText, errors, services, to_json

router = APIRouter(prefix="/api/leads", tags=["crm"], route_class=FaultyRoute)

LeadStatus = Literal["new", "contacted", "qualified", "won", "lost"]
LeadSort = Literal["-created_at", "created_at", "-value", "value", "-name", "name"]
LeadSource = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=NO_NUL)]
LeadValue = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False, description="Expected revenue.")]


class LeadInput(BaseModel):
    """A lead as a client sends it."""

    name: ShortText
    email: Email
    company: ShortText
    status: LeadStatus = "new"
    source: LeadSource = "web"
    value: LeadValue = 0.0

    def fields(self) -> LeadFields:
        """Return the same for the database."""
        return LeadFields(self.name, self.email, self.company, self.status, self.source, self.value)


class Lead(LeadInput):
    """A lead as it is stored."""

    id: int
    created_at: datetime
    updated_at: datetime


class LeadPage(BaseModel):
    """A page of leads."""

    items: list[Lead]
    total: Annotated[int, Field(description=f"How many the filter selects; {TOTAL_MAX} stands for that many or more.")]
    limit: int
    offset: int


class LeadQuery(BaseModel):
    """Which leads to list."""

    status: LeadStatus | None = None
    source: LeadSource | None = None
    min_value: LeadValue | None = None
    q: Annotated[str | None, Field(max_length=200, pattern=NO_NUL, description="Beginnings of words.")] = None
    sort: LeadSort = "-created_at"
    limit: Limit = 20
    offset: Offset = 0


@router.get("", response_model=LeadPage, responses=errors(401, 503))
async def list_page(request: Request, user: AnyUser, query: Annotated[LeadQuery, Query()]) -> Json:
    """List leads. Others' changes may show up to API_LIST_STALENESS_SECONDS late, one's own at once."""
    parts = services(request)
    wanted = LeadFilter(query.status, query.source, query.min_value, query.q, query.sort, query.limit, query.offset)
    entry = Entry("leads", wanted.key(), parts.settings.list_cache_seconds, parts.leads_generation.key)
    fresh = parts.leads_generation.wrote_lately(user.user_id)
    return Json(await parts.cache.body(entry, lambda: list_body(parts.database, wanted), fresh=fresh))


@router.post("", response_model=Lead, status_code=201, responses=errors(401, 413, 503))
async def create(request: Request, user: AnyUser, lead: LeadInput) -> Json:
    """Add a lead."""
    parts = services(request)
    created = await create_lead(parts.database, lead.fields())
    parts.leads_generation.wrote(user.user_id)
    return to_json(created, 201)


@router.get("/{lead_id}", response_model=Lead, responses=errors(401, 404, 503))
async def read(request: Request, _user: AnyUser, lead_id: Id) -> Json:
    """Return one lead, always as it is now."""
    lead = await read_lead(services(request).database, lead_id)
    if lead is None:
        raise _missing(lead_id)
    return to_json(lead)


@router.put("/{lead_id}", response_model=Lead, responses=errors(401, 404, 413, 503))
async def update(request: Request, user: AnyUser, lead_id: Id, lead: LeadInput) -> Json:
    """Replace a lead's fields."""
    parts = services(request)
    updated = await update_lead(parts.database, lead_id, lead.fields())
    if updated is None:
        raise _missing(lead_id)
    parts.leads_generation.wrote(user.user_id)
    return to_json(updated)


@router.delete("/{lead_id}", status_code=204, response_class=Response, responses=errors(401, 404, 503))
async def delete(request: Request, user: AnyUser, lead_id: Id) -> Response:
    """Delete a lead."""
    parts = services(request)
    if not await delete_lead(parts.database, lead_id):
        raise _missing(lead_id)
    parts.leads_generation.wrote(user.user_id)
    return Response(status_code=204)


def _missing(lead_id: int) -> HTTPException:
    return HTTPException(404, f"there is no lead {lead_id}")
