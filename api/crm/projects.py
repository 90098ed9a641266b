"""Projects: one at a time, and lists by status."""

import orjson

from api.database import Database

_SELECT = """
SELECT project.id, project.name, project.status, project.customer_id, customer.name AS customer,
       project.budget::float8 AS budget, project.progress_percent,
       project.starts_on::text AS starts_on, project.due_on::text AS due_on
FROM projects AS project JOIN customers AS customer ON customer.id = project.customer_id
"""
_INVOICED = "SELECT coalesce(sum(amount), 0)::float8 FROM invoices WHERE project_id = $1"


async def list_body(database: Database, status: str | None, limit: int, offset: int) -> bytes:
    """Return a page of projects, those due first at the top, and how many there are."""
    where, arguments = ("", []) if status is None else ("WHERE status = $1", [status])
    n = len(arguments)
    page = f"{_SELECT} {where} ORDER BY project.due_on, project.id LIMIT ${n + 1} OFFSET ${n + 2}"
    async with database.connection() as connection:
        rows = await connection.fetch(page, *arguments, limit, offset)
        total = await connection.fetchval(f"SELECT count(*) FROM projects {where}", *arguments)  # noqa: S608
    return orjson.dumps({"items": [dict(row) for row in rows], "total": total, "limit": limit, "offset": offset})


async def project_body(database: Database, project_id: int) -> bytes | None:
    """Return one project with what has been invoiced, or None."""
    async with database.connection() as connection:
        row = await connection.fetchrow(f"{_SELECT} WHERE project.id = $1", project_id)
        invoiced = await connection.fetchval(_INVOICED, project_id)
    return None if row is None else orjson.dumps({**dict(row), "invoiced": invoiced})
