"""The faults behind the feature flags that act on any request: errors, leaked memory, leaked connections."""

import asyncio
import logging
import mmap

from api.database import Connection, Database
from api.errors import ServiceUnavailableError
from api.flags import Flags

LEAK_BYTES_PER_REQUEST = 65_536
LEAK_BYTES_MAX = 1_073_741_824
_BLOCK_BYTES = 1_048_576

log = logging.getLogger("api")


class InjectedError(Exception):
    """The error-rate fault chose this request; becomes a 500."""


class Faults:
    """Holds what the leaks have taken, and gives it back as soon as their flag is off."""

    def __init__(self, flags: Flags, database: Database) -> None:
        self._flags = flags
        self._database = database
        self._blocks: list[mmap.mmap] = []
        self._owed_bytes = 0.0
        self._connections: list[Connection] = []
        self._taking = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def leaked_bytes(self) -> int:
        """Memory held by leak-memory."""
        return len(self._blocks) * _BLOCK_BYTES

    def before_request(self) -> None:
        """Apply the active faults to one request. Raise InjectedError when error-rate chooses it."""
        active = self._flags.active
        if "leak-memory" in active:
            self._leak_memory(active["leak-memory"])
        if "leak-connections" in active and not self._taking:
            self._leak_connection(active["leak-connections"])
        if self._flags.strikes("error-rate"):
            raise InjectedError

    async def release_when_off(self) -> None:
        """For ever gives back what the leaks hold, soon after their flag is off."""
        while True:
            await self.release()
            await asyncio.sleep(0.2)

    async def release(self) -> None:
        """Give back what leaks hold whose flag is off."""
        if self._blocks and "leak-memory" not in self._flags.active:
            for block in self._blocks:
                block.close()
            self._blocks = []
            self._owed_bytes = 0.0
        if self._connections and "leak-connections" not in self._flags.active:
            connections, self._connections = self._connections, []
            await self._database.give_back(connections)

    def _leak_memory(self, strength: float) -> None:
        """Map whole blocks: small objects, once freed, would stay with the allocator instead of the system."""
        self._owed_bytes += LEAK_BYTES_PER_REQUEST * strength
        while self._owed_bytes >= _BLOCK_BYTES and self.leaked_bytes < LEAK_BYTES_MAX:
            self._owed_bytes -= _BLOCK_BYTES
            block = mmap.mmap(-1, _BLOCK_BYTES)
            block.write(b"\1" * _BLOCK_BYTES)  # untouched pages would not be resident
            self._blocks.append(block)

    def _leak_connection(self, strength: float) -> None:
        """Take one more connection in the background. One is always left, so that the API can be repaired."""
        if len(self._connections) >= round((self._database.max_connections - 1) * strength):
            return
        self._taking = True
        task = asyncio.create_task(self._take_connection())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take_connection(self) -> None:
        try:
            self._connections.append(await self._database.hold_connection())
        except ServiceUnavailableError:
            log.debug("leak-connections: none to take")
        finally:
            self._taking = False
