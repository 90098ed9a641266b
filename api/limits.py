"""Rate limits in Redis: fixed windows of one minute, a counter a subject."""

import time

from api.errors import RateLimitedError
from api.flags import Flags
from api.store import Command, Store

WINDOW_SECONDS = 60

# One command instead of INCR and EXPIRE, and the expiry is set once a window.
_COUNT = "local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n"


class RateLimiter:
    """Counts requests of an account, a user or an address, and refuses those above the limit."""

    def __init__(self, store: Store, flags: Flags) -> None:
        self._store = store
        self._flags = flags

    async def check(self, kind: str, subject: str, limit_per_minute: int) -> None:
        """Count one request. Raise RateLimitedError when it is one too many."""
        self.judge(int(await self._store.run(self.command(kind, subject))), limit_per_minute)

    def command(self, kind: str, subject: str) -> Command:
        """Return the command that counts a request, for a caller with a round trip of its own.

        `judge` takes the reply.
        """
        window = int(time.time()) // WINDOW_SECONDS
        return "EVAL", _COUNT, 1, f"limit:{kind}:{subject}:{window}", 2 * WINDOW_SECONDS

    def judge(self, count: int, limit_per_minute: int) -> None:
        """Raise RateLimitedError when `count` is above the limit, or above what tight-rate-limit leaves of it."""
        strength = self._flags.active.get("tight-rate-limit")
        limit = limit_per_minute if strength is None else max(1, round(limit_per_minute * (1 - strength)))
        if count > limit:
            raise RateLimitedError(limit, WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS)
