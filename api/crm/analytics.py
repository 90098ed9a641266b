"""Expensive aggregates: every lead, project and invoice of a period."""

from typing import Any

import orjson

from api.database import Database

_REVENUE = """
WITH months AS (
    SELECT to_char(date_trunc('month', invoice.issued_on), 'YYYY-MM') AS month, customer.industry,
           count(*) AS invoices, sum(invoice.amount)::float8 AS amount,
           coalesce(sum(invoice.amount) FILTER (WHERE NOT invoice.paid), 0)::float8 AS unpaid
    FROM invoices AS invoice
    JOIN projects AS project ON project.id = invoice.project_id
    JOIN customers AS customer ON customer.id = project.customer_id
    WHERE invoice.issued_on > current_date - $1::int
    GROUP BY 1, 2
)
SELECT month, industry, invoices, amount, unpaid,
       sum(amount) OVER (PARTITION BY industry ORDER BY month) AS running_amount
FROM months ORDER BY month, industry
"""
_FUNNEL = """
SELECT status, count(*) AS leads, coalesce(sum(value), 0)::float8 AS value,
       coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY value), 0)::float8 AS median_value,
       avg(extract(epoch FROM updated_at - created_at))::float8 AS average_age_seconds
FROM leads WHERE created_at > now() - make_interval(days => $1::int)
GROUP BY status
ORDER BY array_position(ARRAY['new', 'contacted', 'qualified', 'won', 'lost'], status)
"""
_PERFORMANCE = """
SELECT customer.id AS customer_id, customer.name AS customer, customer.industry,
       count(DISTINCT project.id) AS projects,
       count(DISTINCT project.id) FILTER (WHERE project.status <> 'done' AND project.due_on < current_date) AS overdue,
       coalesce(sum(invoice.amount), 0)::float8 AS revenue,
       rank() OVER (ORDER BY coalesce(sum(invoice.amount), 0) DESC) AS rank
FROM customers AS customer
JOIN projects AS project ON project.customer_id = customer.id
LEFT JOIN invoices AS invoice ON invoice.project_id = project.id AND invoice.issued_on > current_date - $1::int
GROUP BY customer.id
ORDER BY rank, customer.id LIMIT 20
"""


async def revenue_body(database: Database, days: int) -> bytes:
    """Return what was invoiced in the last `days`, by month and industry."""
    items: list[dict[str, Any]] = [dict(row) for row in await database.fetch(_REVENUE, days)]
    total = sum(float(item["amount"]) for item in items)
    return orjson.dumps({"days": days, "total": round(total, 2), "items": items})


async def funnel_body(database: Database, days: int) -> bytes:
    """Return how far the leads of the last `days` have come."""
    items: list[dict[str, Any]] = [dict(row) for row in await database.fetch(_FUNNEL, days)]
    leads = {item["status"]: int(item["leads"]) for item in items}
    decided = leads.get("won", 0) + leads.get("lost", 0)
    ratio = leads.get("won", 0) / decided if decided else 0.0
    return orjson.dumps({"days": days, "leads": sum(leads.values()), "conversion_ratio": ratio, "items": items})


async def performance_body(database: Database, days: int) -> bytes:
    """Return the twenty customers with the highest revenue of the last `days`."""
    items: list[dict[str, Any]] = [dict(row) for row in await database.fetch(_PERFORMANCE, days)]
    return orjson.dumps({"days": days, "items": items})
