"""One process: opens what it needs, serves until a signal, closes what it opened."""

import contextlib
import gc
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qs, urlsplit

import asyncpg
import uvicorn
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError
from tenacity import AsyncRetrying, retry_if_not_exception_type, stop_after_delay, wait_fixed

from api.app import build_app
from api.database import AWAY as DATABASE_AWAY
from api.database import Database, open_pool
from api.errors import StartupError
from api.hub import ConnectionHub
from api.protocol import BoundedHttp, without_traceback
from api.seeding.rows import Clock
from api.seeding.start import prepare_database
from api.services import Services, build_services
from api.settings import Settings
from api.store import AWAY as STORE_AWAY
from api.store import Store, open_redis

if TYPE_CHECKING:
    from api.tracing import Tracing

WEBSOCKET_FRAME_BYTES_MAX = 65_536
RETRY_SECONDS = 0.5

Opened = TypeVar("Opened")
Exceptions = tuple[type[Exception], ...]

log = logging.getLogger("api")


class Server(uvicorn.Server):
    """uvicorn, but it says goodbye to WebSockets with 1001, and a signal ends it as a success."""

    def __init__(self, config: uvicorn.Config, hub: ConnectionHub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close WebSockets before uvicorn would, which uses 1012."""
        with contextlib.suppress(TimeoutError):
            await self._hub.close_all()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, without raising the signal again at the end: that would skip our own closing."""
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM. Raise StartupError with one line when it cannot start."""
    listener = _listen(settings)
    tracing = _tracing(os.environ)
    try:
        database = await open_database(settings)
        store = await open_store(settings, tracing)
        parts = build_services(settings, database, store, tracing)
        async with parts.at_work():
            await prepare(parts)
            await _run(parts, listener)
    finally:
        listener.close()
        if tracing is not None:
            tracing.shutdown()


async def open_database(settings: Settings) -> Database:
    """Return a database that answers. Raise StartupError when it does not within startup_timeout_seconds."""
    url = settings.database_url.get_secret_value()

    async def connect() -> asyncpg.Pool:
        return await open_pool(
            url,
            min_size=settings.db_pool_min,
            max_size=settings.db_pool_max,
            timeout_seconds=settings.database_timeout_seconds,
            connect_timeout_seconds=settings.database_timeout_seconds,
        )

    refusals = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError, ValueError)
    pool = await _until_reachable("database", url, connect, refusals, settings)
    return Database(pool, timeout_seconds=settings.database_timeout_seconds)


async def open_store(settings: Settings, tracing: "Tracing | None" = None) -> Store:
    """Return a Redis that answers. Raise StartupError when it does not within startup_timeout_seconds."""
    url = settings.redis_url.get_secret_value()

    async def connect() -> Redis:
        redis = open_redis(url, timeout_seconds=settings.redis_timeout_seconds)
        await redis.execute_command("PING")  # type: ignore[no-untyped-call]
        return redis

    redis = await _until_reachable("redis", url, connect, (AuthenticationError, ValueError), settings)
    return Store(redis) if tracing is None else tracing.store(redis)


async def prepare(parts: Services) -> None:
    """Make the schema and test data, and read the flags. Raise StartupError when the database refuses."""
    clock = Clock(datetime.now(UTC).date())
    try:
        await prepare_database(parts.database, parts.passwords, parts.settings, clock)
    except asyncpg.PostgresError as error:
        raise StartupError(f"the database refused the schema or the test data: {_one_line(error)}") from error
    await parts.flags.refresh()


def _tracing(environment: Mapping[str, str]) -> "Tracing | None":
    """Return none unless OpenTelemetry's variables name a collector; nothing of it is imported then."""
    variables = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    is_elsewhere = environment.get("OTEL_TRACES_EXPORTER", "").lower() == "none"
    if is_disabled or is_elsewhere or not any(environment.get(name) for name in variables):
        return None
    from api.tracing import Tracing  # noqa: PLC0415

    return Tracing(environment)


async def _run(parts: Services, listener: socket.socket) -> None:
    config = uvicorn.Config(
        build_app(parts),
        log_config=uvicorn.config.LOGGING_CONFIG if parts.tracing is None else parts.tracing.log_config(),
        log_level=parts.settings.log_level,
        access_log=parts.settings.access_log,
        lifespan="off",
        http=BoundedHttp,
        ws="websockets-sansio",
        ws_max_size=WEBSOCKET_FRAME_BYTES_MAX,
        ws_per_message_deflate=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=parts.settings.shutdown_timeout_seconds,
    )
    logging.getLogger("uvicorn.error").addFilter(without_traceback)
    # Everything imported and built so far stays; later collections need not look at it again.
    gc.collect()
    gc.freeze()
    host, port = listener.getsockname()[:2]
    log.info("listening on http://%s:%d", host, port)
    try:
        await Server(config, parts.hub).serve(sockets=[listener])
    except OSError as error:  # another process that started at the same time listens first
        raise _cannot_listen(parts.settings, error) from None


async def _until_reachable(
    name: str, url: str, connect: Callable[[], Awaitable[Opened]], refusals: Exceptions, settings: Settings
) -> Opened:
    """Try until it answers. Raise StartupError at once when it refuses, or when the time is over."""
    retrying = AsyncRetrying(
        retry=retry_if_not_exception_type(refusals),
        stop=stop_after_delay(settings.startup_timeout_seconds),
        wait=wait_fixed(RETRY_SECONDS),
        before_sleep=lambda state: _log_wait(name, url, state.attempt_number),
        reraise=True,
    )
    variable = f"API_{name.upper()}_URL"
    try:
        return await retrying(connect)
    except refusals as error:
        raise StartupError(f"{name} at {_place(url)} refused: {_one_line(error)}. Check {variable}.") from None
    except (*DATABASE_AWAY, *STORE_AWAY) as error:
        raise StartupError(
            f"{name} at {_place(url)} did not answer within {settings.startup_timeout_seconds:g} s "
            f"({_one_line(error)}). Start it, or check {variable}."
        ) from None


def _log_wait(name: str, url: str, attempt: int) -> None:
    if attempt == 1:
        log.info("waiting for %s at %s", name, _place(url))


def _listen(settings: Settings) -> socket.socket:
    """Return the listening socket, before anything else: a port in use is the commonest mistake."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise _cannot_listen(settings, error) from None
    return listener


def _cannot_listen(settings: Settings, error: OSError) -> StartupError:
    place = f"{settings.host}:{settings.port}"
    return StartupError(f"cannot listen on {place}: {_one_line(error)}. Set API_HOST or API_PORT.")


def _place(url: str) -> str:
    """Host, port and name of a URL: what a person may read of it, without user and password."""
    parts = urlsplit(url)
    if not parts.scheme:
        return "the given address"  # where it is malformed, a password may be anywhere
    address = parts.netloc.rpartition("@")[2] or parse_qs(parts.query).get("host", [""])[0]
    return f"{address}{parts.path}"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
