"""What happens to the database at each start: the schema, then the test data, safe when two processes start at once."""

from importlib.resources import files

from api.database import Connection, Database
from api.security import Passwords
from api.seeding.rows import Clock, seed_customers, seed_documents, seed_leads, seed_projects, seed_users
from api.settings import Settings

# Any fixed number, the same in every process: the second one waits, and then finds everything done.
_LOCK = 7_203_114_115
_SCHEMA_SECONDS = 60


async def apply_schema(connection: Connection) -> None:
    """Create what is missing; call it in a transaction, which holds the lock until it ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK, timeout=_SCHEMA_SECONDS)
    await connection.execute(files("api").joinpath("schema.sql").read_text("utf-8"), timeout=_SCHEMA_SECONDS)


async def prepare_database(database: Database, passwords: Passwords, settings: Settings, clock: Clock) -> None:
    """Bring schema and test data to what the settings ask for. Adds, and never removes."""
    async with database.transaction() as connection:
        await apply_schema(connection)
        await seed_users(connection, passwords, settings.test_user_password.get_secret_value(), settings.test_users)
        await seed_documents(connection, settings.seed_documents)
        await seed_customers(connection, clock, settings.seed_customers)
        await seed_projects(connection, clock, settings.seed_projects, settings.seed_customers)
        await seed_leads(connection, clock, settings.seed_leads)
    # Fresh statistics: the first plans would otherwise rest on guesses about empty tables.
    await database.execute_slowly("ANALYZE")
