"""Seeds test data by hand: python -m api.seed --leads 100 --customers 50 --projects 75 [--clear-first].

Deterministic and idempotent: what is there already stays as it is. Reads API_DATABASE_URL and the other settings.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import uvloop

from api.cache import Cache
from api.database import Connection
from api.errors import ServiceUnavailableError, StartupError
from api.flags import Flags
from api.metrics import Metrics
from api.security import Passwords
from api.seeding.rows import Clock, seed_customers, seed_documents, seed_leads, seed_projects, seed_users
from api.seeding.start import apply_schema
from api.server import open_database, open_store
from api.settings import Settings, SettingsError, load_settings

EXIT_COULD_NOT_RUN = 2
MAX_ROWS = 1_000_000

# Everything, also what users of the API have added; accounts stay.
_CLEAR_CRM = "TRUNCATE leads, invoices, projects, customers"
_CLEAR_DOCUMENTS = "TRUNCATE documents, document_chunks"


@dataclass(frozen=True, slots=True)
class Amounts:
    """The minimum number of rows of each kind; None leaves a kind alone."""

    leads: int
    customers: int
    projects: int
    documents: int | None
    users: int | None
    clear_first: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Seeds. Return the exit code: 0, or 2 when it could not run."""
    amounts = _parsed(arguments)
    try:
        settings = load_settings()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_seed(settings, amounts))
    except (SettingsError, StartupError, ServiceUnavailableError) as error:
        print(f"api.seed: {error}", file=sys.stderr)
        return EXIT_COULD_NOT_RUN
    return 0


def _parsed(arguments: Sequence[str] | None) -> Amounts:
    parser = argparse.ArgumentParser(prog="python -m api.seed", description=__doc__.splitlines()[0])
    parser.add_argument("--leads", type=_amount, default=100, metavar="N")
    parser.add_argument("--customers", type=_amount, default=50, metavar="N")
    parser.add_argument("--projects", type=_amount, default=75, metavar="N")
    parser.add_argument("--documents", type=_amount, metavar="N", help="also fill the knowledge base")
    parser.add_argument("--users", type=_amount, metavar="N", help="also create test users")
    parser.add_argument(
        "--clear-first",
        action="store_true",
        help="first delete all leads, customers, projects and invoices, and with --documents all documents",
    )
    given = parser.parse_args(arguments)
    if given.projects and not given.customers:
        parser.error("--projects needs customers to belong to: give --customers 1 or more")
    return Amounts(**vars(given))


def _amount(text: str) -> int:
    if not text.isdigit() or int(text) > MAX_ROWS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {MAX_ROWS}")
    return int(text)


async def _seed(settings: Settings, amounts: Amounts) -> None:
    database = await open_database(settings)
    try:
        async with database.transaction() as connection:
            await apply_schema(connection)
            await _clear(connection, amounts)
            await _fill(connection, settings, amounts)
        await database.execute_slowly("ANALYZE")
    finally:
        await database.close()
    await _forget_cached_answers(settings)


async def _clear(connection: Connection, amounts: Amounts) -> None:
    if amounts.clear_first:
        await connection.execute(_CLEAR_CRM)
        if amounts.documents is not None:
            await connection.execute(_CLEAR_DOCUMENTS)


async def _fill(connection: Connection, settings: Settings, amounts: Amounts) -> None:
    clock = Clock(datetime.now(UTC).date())
    await seed_customers(connection, clock, amounts.customers)
    await seed_projects(connection, clock, amounts.projects, amounts.customers)
    await seed_leads(connection, clock, amounts.leads)
    done = f"leads {amounts.leads}, customers {amounts.customers}, projects {amounts.projects}"
    if amounts.users is not None:
        await seed_users(
            connection, _passwords(settings), settings.test_user_password.get_secret_value(), amounts.users
        )
        done += f", users {amounts.users}"
    if amounts.documents is not None:
        await seed_documents(connection, amounts.documents, _progress("documents", amounts.documents))
        done += f", documents {amounts.documents}"
    print(f"seeded: {done}")


async def _forget_cached_answers(settings: Settings) -> None:
    store = await open_store(settings)
    metrics = Metrics()
    try:
        cleared = await Cache(store, metrics, Flags(store, metrics)).clear()
    finally:
        await store.close()
    print(f"cached answers dropped: {cleared}")


def _passwords(settings: Settings) -> Passwords:
    return Passwords(
        time_cost=settings.password_hash_time_cost,
        memory_kib=settings.password_hash_memory_kib,
        parallelism=settings.password_hash_parallelism,
    )


def _progress(what: str, total: int) -> Callable[[], None]:
    """Count on the terminal; say nothing into a file."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"\r{what} {done}/{total}", end=end, file=sys.stderr, flush=True)

    return step


if __name__ == "__main__":
    sys.exit(main())
