"""The two pages of the dashboard."""

import orjson

from api.database import Database

_BY_STATUS = """
SELECT 'lead' AS kind, status, count(*) AS number FROM leads GROUP BY status
UNION ALL
SELECT 'project', status, count(*) FROM projects GROUP BY status
"""
_RECENT_LEADS = """
SELECT id, name, company, status, value::float8 AS value FROM leads ORDER BY created_at DESC, id DESC LIMIT 10
"""
_DUE_PROJECTS = """
SELECT project.id, project.name, customer.name AS customer, project.due_on::text AS due_on, project.progress_percent
FROM projects AS project JOIN customers AS customer ON customer.id = project.customer_id
WHERE project.status = 'active' ORDER BY project.due_on, project.id LIMIT 10
"""
_TOTALS = """
SELECT lead.leads, lead.pipeline_value, lead.won_value, lead.conversion_ratio,
       (SELECT count(*) FROM customers) AS customers,
       (SELECT count(*) FROM projects) AS projects,
       (SELECT coalesce(sum(amount), 0)::float8 FROM invoices WHERE issued_on > current_date - 30) AS revenue_30_days
FROM (
    SELECT count(*) AS leads,
           coalesce(sum(value) FILTER (WHERE status IN ('new', 'contacted', 'qualified')), 0)::float8 AS pipeline_value,
           coalesce(sum(value) FILTER (WHERE status = 'won'), 0)::float8 AS won_value,
           coalesce(count(*) FILTER (WHERE status = 'won')::float8
                    / nullif(count(*) FILTER (WHERE status IN ('won', 'lost')), 0), 0) AS conversion_ratio
    FROM leads
) AS lead
"""


async def overview_body(database: Database) -> bytes:
    """Count by status, the newest leads, the projects due next."""
    async with database.connection() as connection:
        counts = await connection.fetch(_BY_STATUS)
        recent = await connection.fetch(_RECENT_LEADS)
        due = await connection.fetch(_DUE_PROJECTS)
    return orjson.dumps(
        {
            "leads_by_status": {row["status"]: row["number"] for row in counts if row["kind"] == "lead"},
            "projects_by_status": {row["status"]: row["number"] for row in counts if row["kind"] == "project"},
            "recent_leads": [dict(row) for row in recent],
            "due_projects": [dict(row) for row in due],
        }
    )


async def totals_body(database: Database) -> bytes:
    """Return the key figures."""
    return orjson.dumps(dict(await database.fetchone(_TOTALS)))
