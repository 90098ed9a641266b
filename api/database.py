"""PostgreSQL behind one small class: prepared statements from a pool, bounded waits, one error when it is away."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeAlias, TypeVar

import asyncpg

from api.errors import OutageLog

Result = TypeVar("Result")
Connection: TypeAlias = asyncpg.Connection  # asyncpg has no types of its own


class Row(Protocol):
    """A row of a result: values by column name."""

    def __getitem__(self, column: str) -> Any:
        """Return the value of a column."""

    def keys(self) -> Iterator[str]:
        """Return the column names, so that dict(row) works."""


# What asyncpg raises when the server is down, starting, stopping, out of connections, or does not answer in time.
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.exceptions.OperatorInterventionError,
    asyncpg.exceptions.InsufficientResourcesError,
)


async def _keep_session(_connection: asyncpg.Connection) -> None:
    """Replace asyncpg's reset on release, a round trip that only sessions with their own state would need."""


async def open_pool(
    url: str, *, min_size: int, max_size: int, timeout_seconds: float, connect_timeout_seconds: float
) -> asyncpg.Pool:
    """Open a pool. Raises what asyncpg raises when the server cannot be reached or refuses the login."""
    return await asyncpg.create_pool(
        url,
        min_size=min(min_size, max_size),
        max_size=max_size,
        command_timeout=timeout_seconds,
        timeout=connect_timeout_seconds,
        statement_cache_size=256,  # the filters of /api/leads alone make about a hundred statements
        max_cached_statement_lifetime=0,
        max_inactive_connection_lifetime=300,
        reset=_keep_session,
        # JIT compiling costs more than it saves on queries of a few milliseconds.
        server_settings={"jit": "off", "application_name": "api", "client_min_messages": "warning"},
    )


class Database:
    """Runs SQL. Every method raises ServiceUnavailableError within about timeout_seconds when PostgreSQL is away."""

    def __init__(self, pool: asyncpg.Pool, *, timeout_seconds: float) -> None:
        self._pool = pool
        self._timeout_seconds = timeout_seconds
        self._outages = OutageLog("database")

    @property
    def max_connections(self) -> int:
        """The pool's upper bound."""
        return int(self._pool.get_max_size())

    @property
    def idle_connections(self) -> int:
        """Idle connections."""
        return int(self._pool.get_idle_size())

    @property
    def used_connections(self) -> int:
        """Connections that a request, or a leak, holds."""
        return int(self._pool.get_size() - self._pool.get_idle_size())

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[asyncpg.Connection]:
        """Return one connection for several statements."""
        try:
            async with self._pool.acquire(timeout=self._timeout_seconds) as connection:
                yield connection
        except AWAY as error:
            raise self._unavailable(error) from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[asyncpg.Connection]:
        """Return one connection inside a transaction: committed on exit, rolled back on an exception."""
        async with self.connection() as connection, connection.transaction():
            yield connection

    async def fetch(self, sql: str, *arguments: object) -> list[Row]:
        """Return all rows."""
        return await self._run(lambda connection: connection.fetch(sql, *arguments))

    async def fetchrow(self, sql: str, *arguments: object) -> Row | None:
        """Return the first row, or None."""
        return await self._run(lambda connection: connection.fetchrow(sql, *arguments))

    async def fetchone(self, sql: str, *arguments: object) -> Row:
        """Return the only row of a statement that always returns one. Raise LookupError when there is none."""
        row = await self.fetchrow(sql, *arguments)
        if row is None:
            raise LookupError("the statement returned no row")
        return row

    async def fetchval(self, sql: str, *arguments: object) -> Any:
        """Return the first column of the first row, or None."""
        return await self._run(lambda connection: connection.fetchval(sql, *arguments))

    async def execute(self, sql: str, *arguments: object) -> str:
        """PostgreSQL's command tag, such as "DELETE 1"."""
        return await self._run(lambda connection: connection.execute(sql, *arguments))

    async def execute_slowly(self, sql: str, *, timeout_seconds: float = 60.0) -> None:
        """Run a statement that may take long: maintenance at start, not requests."""
        await self._run(lambda connection: connection.execute(sql, timeout=timeout_seconds))

    async def hold_connection(self) -> asyncpg.Connection:
        """Take a connection and keep it: only for the leak-connections fault. Give it back with `give_back`."""
        try:
            return await self._pool.acquire(timeout=self._timeout_seconds)
        except AWAY as error:
            raise self._unavailable(error) from error

    async def give_back(self, connections: Sequence[asyncpg.Connection]) -> None:
        """Return connections taken by `hold_connection`."""
        for connection in connections:
            await self._pool.release(connection)

    async def close(self) -> None:
        """Close the pool, without waiting for connections that are still held."""
        self._pool.terminate()

    async def _run(self, call: Callable[[asyncpg.Connection], Awaitable[Result]]) -> Result:
        try:
            async with self._pool.acquire(timeout=self._timeout_seconds) as connection:
                return await call(connection)
        except AWAY as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> Exception:
        """Return the error to raise: asyncpg files wrong arguments under the same class as a lost connection."""
        return error if isinstance(error, ValueError) else self._outages.unavailable(error)
