"""Writes the test data: users, documents, and the CRM's customers, projects, invoices and leads."""

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from api.database import Connection
from api.knowledge.documents import add_document
from api.security import Passwords
from api.seeding.corpus import corpus

ROLES = ("regular",) * 7 + ("power",) * 2 + ("admin",)
INVOICES_PER_PROJECT = 6
HISTORY_DAYS = 365

FIRST_NAMES = ("Ada", "Ben", "Chloe", "Dmitri", "Elif", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira", "Liam")
LAST_NAMES = ("Adler", "Brandt", "Costa", "Dahl", "Ferrari", "Gruber", "Haas", "Ivanova", "Jansen", "Kowalski", "Lund")
COMPANY_WORDS = ("Northwind", "Bluebird", "Granite", "Harbour", "Juniper", "Keystone", "Lumen", "Meridian", "Orchard")
COMPANY_KINDS = ("Clinics", "Logistics", "Energy", "Foods", "Systems", "Textiles", "Tools")
INDUSTRIES = ("health", "logistics", "energy", "food", "software", "manufacturing")
COUNTRIES = ("AT", "DE", "ES", "FR", "IT", "NL", "PL", "SE")
SOURCES = ("web", "referral", "event", "phone", "partner")
LEAD_STATUSES = ("new",) * 4 + ("contacted",) * 3 + ("qualified",) * 2 + ("won", "lost")
PROJECT_STATUSES = ("planned", "active", "active", "on_hold", "done")

_INSERT_USERS = """
INSERT INTO users (email, full_name, role, password_hash)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])
ON CONFLICT (email) DO UPDATE SET role = excluded.role, password_hash = excluded.password_hash
WHERE users.role <> excluded.role OR users.password_hash <> excluded.password_hash
"""
_INSERT_CUSTOMERS = """
INSERT INTO customers (seed_key, name, industry, country, created_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
ON CONFLICT (seed_key) DO NOTHING
"""
_INSERT_LEADS = """
INSERT INTO leads (seed_key, name, email, company, status, source, value, created_at, updated_at)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::float8[]::numeric[],
                     $8::timestamptz[], $9::timestamptz[])
ON CONFLICT (seed_key) DO NOTHING
"""
_INSERT_PROJECTS = """
INSERT INTO projects (seed_key, customer_id, name, status, budget, progress_percent, starts_on, due_on)
SELECT row.seed_key, customer.id, row.name, row.status, row.budget, row.progress, row.starts_on, row.due_on
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::float8[]::numeric[], $6::int[], $7::date[], $8::date[])
     AS row (seed_key, customer, name, status, budget, progress, starts_on, due_on)
JOIN customers AS customer ON customer.seed_key = row.customer
ON CONFLICT (seed_key) DO NOTHING
"""
_INSERT_INVOICES = """
INSERT INTO invoices (seed_key, project_id, amount, issued_on, paid)
SELECT row.seed_key, project.id, row.amount, row.issued_on, row.paid
FROM unnest($1::text[], $2::text[], $3::float8[]::numeric[], $4::date[], $5::bool[])
     AS row (seed_key, project, amount, issued_on, paid)
JOIN projects AS project ON project.seed_key = row.project
ON CONFLICT (seed_key) DO NOTHING
"""

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """The moment that seeded dates lie before; whole days, so that seeding twice on a day gives the same rows."""

    today: date

    def days_ago(self, days: int) -> datetime:
        """Return that many days ago, at noon."""
        return datetime(self.today.year, self.today.month, self.today.day, 12, tzinfo=UTC) - timedelta(days=days)


async def seed_users(connection: Connection, passwords: Passwords, password: str, count: int) -> None:
    """Test users 1 to `count`, with the shared password: one hash a role, as hashing for each would take seconds."""
    hashes = {role: _shared_hash(passwords, password, role) for role in set(ROLES)}
    rows: list[Row] = []
    for number in range(1, count + 1):
        role = ROLES[(number - 1) % len(ROLES)]
        rows.append((f"user{number:05}@example.test", f"Test User {number}", role, hashes[role]))
    await _insert(connection, _INSERT_USERS, rows)


async def seed_documents(connection: Connection, count: int, progress: Callable[[], None] = lambda: None) -> None:
    """Write the first `count` documents of the corpus; skip those that exist already."""
    keys = await connection.fetch("SELECT seed_key FROM documents WHERE seed_key IS NOT NULL")
    present = {row["seed_key"] for row in keys}
    for document in corpus(count):
        if document.seed_key not in present:
            await add_document(connection, document)
        progress()


async def seed_customers(connection: Connection, clock: Clock, count: int) -> None:
    """Write customers 1 to `count`."""
    await _insert(connection, _INSERT_CUSTOMERS, [_customer(clock, number) for number in range(1, count + 1)])


async def seed_leads(connection: Connection, clock: Clock, count: int) -> None:
    """Write leads 1 to `count`."""
    await _insert(connection, _INSERT_LEADS, [_lead(clock, number) for number in range(1, count + 1)])


async def seed_projects(connection: Connection, clock: Clock, count: int, customers: int) -> None:
    """Projects 1 to `count` with their invoices, spread over the seeded customers."""
    if customers == 0:
        return
    await _insert(connection, _INSERT_PROJECTS, [_project(clock, number, customers) for number in range(1, count + 1)])
    invoices = [_invoice(clock, number, nth) for number in range(1, count + 1) for nth in range(INVOICES_PER_PROJECT)]
    await _insert(connection, _INSERT_INVOICES, invoices)


async def _insert(connection: Connection, sql: str, rows: list[Row]) -> None:
    """One statement for all rows: each column travels as an array."""
    if rows:
        await connection.execute(sql, *(list(column) for column in zip(*rows, strict=True)), timeout=60)


def _shared_hash(passwords: Passwords, password: str, role: str) -> str:
    return passwords.hash_with_salt(password, hashlib.sha256(f"test users: {role}".encode()).digest()[:16])


def _chance(kind: str, number: int) -> random.Random:
    return random.Random(f"{kind}-{number}")  # noqa: S311 - deterministic test data


def _customer(clock: Clock, number: int) -> Row:
    chance = _chance("customer", number)
    name = f"{chance.choice(COMPANY_WORDS)} {chance.choice(COMPANY_KINDS)} {number}"
    created_at = clock.days_ago(chance.randint(HISTORY_DAYS, 3 * HISTORY_DAYS))
    return f"customer-{number:06}", name, chance.choice(INDUSTRIES), chance.choice(COUNTRIES), created_at


def _lead(clock: Clock, number: int) -> Row:
    chance = _chance("lead", number)
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    company = f"{chance.choice(COMPANY_WORDS)} {chance.choice(COMPANY_KINDS)}"
    age_days = chance.randint(0, HISTORY_DAYS - 5)
    return (
        f"lead-{number:06}",
        f"{first} {last}",
        f"{first}.{last}.{number}@example.test".lower(),
        company,
        chance.choice(LEAD_STATUSES),
        chance.choice(SOURCES),
        float(chance.randrange(500, 100_000, 50)),
        clock.days_ago(age_days),
        clock.days_ago(chance.randint(0, age_days)),
    )


def _project(clock: Clock, number: int, customers: int) -> Row:
    chance = _chance("project", number)
    status = chance.choice(PROJECT_STATUSES)
    starts_on = clock.today - timedelta(days=chance.randint(-30 if status == "planned" else 10, HISTORY_DAYS))
    progress = {"planned": 0, "done": 100}.get(status, chance.randint(5, 95))
    return (
        f"project-{number:06}",
        f"customer-{(number - 1) % customers + 1:06}",
        f"{chance.choice(('Rollout', 'Migration', 'Audit', 'Pilot', 'Redesign'))} {number}",
        status,
        float(chance.randrange(5_000, 250_000, 500)),
        progress,
        starts_on,
        starts_on + timedelta(days=chance.randint(30, 300)),
    )


def _invoice(clock: Clock, project: int, nth: int) -> Row:
    chance = _chance("invoice", project * INVOICES_PER_PROJECT + nth)
    issued_on = clock.today - timedelta(days=chance.randint(0, HISTORY_DAYS - 1))
    return (
        f"invoice-{project:06}-{nth}",
        f"project-{project:06}",
        float(chance.randrange(200, 20_000, 10)),
        issued_on,
        chance.random() < 0.8,
    )
