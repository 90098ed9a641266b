"""Leads: one at a time, and lists with filters, search, order and pages."""

import re
from dataclasses import dataclass

import orjson

from api.database import Database, Row

_COLUMNS = "id, name, email, company, status, source, value::float8 AS value, created_at, updated_at"
# With their table: a bare "value" in ORDER BY would mean the converted column, which has no index.
_ORDERS = {
    "-created_at": "{table}.created_at DESC, {table}.id DESC",
    "created_at": "{table}.created_at, {table}.id",
    "-value": "{table}.value DESC, {table}.id DESC",
    "value": "{table}.value, {table}.id",
    "-name": "{table}.name DESC, {table}.id DESC",
    "name": "{table}.name, {table}.id",
}

_INSERT = f"""
INSERT INTO leads (name, email, company, status, source, value) VALUES ($1, $2, $3, $4, $5, $6::float8::numeric(14, 2))
RETURNING {_COLUMNS}
"""  # noqa: S608 - constants only
_UPDATE = f"""
UPDATE leads SET name = $1, email = $2, company = $3, status = $4, source = $5, value = $6::float8::numeric(14, 2),
                 updated_at = now()
WHERE id = $7 RETURNING {_COLUMNS}
"""  # noqa: S608 - constants only
_SELECT = f"SELECT {_COLUMNS} FROM leads WHERE id = $1"  # noqa: S608 - constants only

# Counting is bounded, or every list would take longer as a long load test adds leads.
TOTAL_MAX = 10_000
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class LeadFields:
    """What a client may set."""

    name: str
    email: str
    company: str
    status: str
    source: str
    value: float


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads a list shows, in which order."""

    status: str | None
    source: str | None
    min_value: float | None
    q: str | None
    sort: str
    limit: int
    offset: int

    def key(self) -> str:
        """Return the name of this list in the cache."""
        # q comes last: it may hold anything, and must not be able to look like another list.
        return f"leads:{self.status}:{self.source!r}:{self.min_value}:{self.sort}:{self.limit}:{self.offset}:{self.q!r}"

    def conditions(self) -> tuple[str, list[object]]:
        """Return the WHERE clause with numbered arguments: only what is asked for, so that plans can use indexes."""
        terms: list[tuple[str, object]] = []
        if self.status is not None:
            terms.append(("status = ${}", self.status))
        if self.source is not None:
            terms.append(("source = ${}", self.source))
        if self.min_value is not None:
            terms.append(("value >= ${}::float8::numeric", self.min_value))
        if self.q is not None:
            terms.append(("search @@ to_tsquery('simple', ${})", _prefix_query(self.q)))
        clauses = " AND ".join(text.format(number) for number, (text, _) in enumerate(terms, 1))
        return f"WHERE {clauses}" if clauses else "", [argument for _, argument in terms]


async def create_lead(database: Database, lead: LeadFields) -> dict[str, object]:
    """Store a new lead."""
    return dict(await database.fetchone(_INSERT, *_arguments(lead)))


async def read_lead(database: Database, lead_id: int) -> dict[str, object] | None:
    """Return one lead, or None."""
    row = await database.fetchrow(_SELECT, lead_id)
    return None if row is None else dict(row)


async def update_lead(database: Database, lead_id: int, lead: LeadFields) -> dict[str, object] | None:
    """Replace a lead's fields. None when there is no such lead."""
    row = await database.fetchrow(_UPDATE, *_arguments(lead), lead_id)
    return None if row is None else dict(row)


async def delete_lead(database: Database, lead_id: int) -> bool:
    """Delete a lead. False when there is none."""
    return await database.execute("DELETE FROM leads WHERE id = $1", lead_id) != "DELETE 0"


def list_statement(wanted: LeadFilter) -> tuple[str, list[object]]:
    """Return SQL and arguments of a page with its total.

    One round trip for both. The outer join keeps the total when the page is empty: its one row then has no id.
    """
    where, arguments = wanted.conditions()
    n = len(arguments)
    order = _ORDERS[wanted.sort]
    sql = f"""
SELECT page.*, found.total
FROM (SELECT count(*) AS total FROM (SELECT FROM leads {where} LIMIT {TOTAL_MAX}) AS counted) AS found
LEFT JOIN (
    SELECT {_COLUMNS} FROM leads {where} ORDER BY {order.format(table="leads")} LIMIT ${n + 1} OFFSET ${n + 2}
) AS page ON true
ORDER BY {order.format(table="page")}
"""  # noqa: S608 - the clauses are constants, the values travel as arguments
    return sql, [*arguments, wanted.limit, wanted.offset]


async def list_body(database: Database, wanted: LeadFilter) -> bytes:
    """Return a page of leads, and how many the filter selects."""
    sql, arguments = list_statement(wanted)
    rows = await database.fetch(sql, *arguments)
    total = rows[0]["total"]
    items = [_without_total(row) for row in rows if row["id"] is not None]
    return orjson.dumps({"items": items, "total": total, "limit": wanted.limit, "offset": wanted.offset})


def _without_total(row: Row) -> dict[str, object]:
    lead = dict(row)
    del lead["total"]
    return lead


def _arguments(lead: LeadFields) -> tuple[object, ...]:
    return lead.name, lead.email, lead.company, lead.status, lead.source, lead.value


def _prefix_query(text: str) -> str:
    """Return the words of a search box as a tsquery that matches them all by their beginnings; "" matches nothing."""
    return " & ".join(f"{word}:*" for word in _WORD.findall(text))
