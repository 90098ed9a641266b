"""What a sales person does with leads."""

from __future__ import annotations

from collections import deque
from typing import Any
from urllib.parse import urlencode

from testdata.leads import SOURCES, STATUSES, make_lead, next_status
from users import checks
from users.api_user import ApiUser
from users.endpoints import CREATE_LEAD, DELETE_LEAD, FILTER_LEADS, LIST_LEADS, READ_LEAD, UPDATE_LEAD

PAGE_SIZE = 20
#: A sales person keeps at most so many leads of their own, so that a long run does not fill the table.
MAX_KEPT = 10


class LeadBook:
    """The leads that one user created, oldest first, and what can be done with them."""

    def __init__(self, user: ApiUser) -> None:
        self._user = user
        self._own: deque[dict[str, Any]] = deque()
        self._count = 0

    def list(self) -> None:
        """Look at the newest leads."""
        self._user.ask(LIST_LEADS, checks.page(PAGE_SIZE), path=f"{LIST_LEADS.name}?limit={PAGE_SIZE}")

    def filter(self) -> None:
        """Look at the leads of one status or one source."""
        field, values = self._user.rng.choice((("status", STATUSES), ("source", SOURCES)))
        wanted = {field: self._user.rng.choice(values)}
        path = f"{LIST_LEADS.name}?{urlencode({**wanted, 'limit': PAGE_SIZE})}"
        self._user.ask(FILTER_LEADS, checks.page(PAGE_SIZE, **wanted), path=path)

    def create(self) -> None:
        """Enter a new lead; with many of them already, the oldest is deleted instead."""
        if len(self._own) >= MAX_KEPT:
            self.delete()
            return
        self._count += 1
        lead = make_lead(f"{self._user.process.run.run_id}-{self._user.account.number}-{self._count}")
        check = checks.entity(name=lead["name"], email=lead["email"], status=lead["status"])
        created = self._user.ask(CREATE_LEAD, check, body=lead)
        if created is not None:
            self._own.append({**lead, "id": created["id"]})

    def read(self) -> None:
        """Open a lead of one's own; enter one first when there is none."""
        if not self._own:
            self.create()
            return
        lead = self._user.rng.choice(self._own)
        self._user.ask(READ_LEAD, checks.entity(id=lead["id"], email=lead["email"]), path=self._path(lead))

    def update(self) -> None:
        """Move a lead of one's own on to its next status; enter one first when there is none."""
        if not self._own:
            self.create()
            return
        lead = self._user.rng.choice(self._own)
        body = {field: value for field, value in lead.items() if field != "id"} | {"status": next_status(lead)}
        check = checks.entity(id=lead["id"], status=body["status"])
        if self._user.ask(UPDATE_LEAD, check, path=self._path(lead), body=body) is not None:
            lead["status"] = body["status"]

    def delete(self) -> None:
        """Delete the oldest lead of one's own; enter one first when there is none."""
        if not self._own:
            self.create()
            return
        self._user.ask(DELETE_LEAD, checks.nothing, path=self._path(self._own.popleft()))

    def _path(self, lead: dict[str, Any]) -> str:
        return f"{LIST_LEADS.name}/{lead['id']}"
